import { afterEach, expect, test } from 'vitest'
import { createClock } from '../../../../tenant/clock.ts'
import { deletedItemsIn } from '../../../../tenant/graph/recycle-bin.ts'
import { newApplication, newServicePrincipal } from '../../../../tenant/seed/applications.ts'
import { openStore } from '../../../../tenant/store.ts'

const DAY = 24 * 60 * 60 * 1000
const store = openStore()
const clock = createClock()
const { applications, servicePrincipals } = deletedItemsIn({ store, clock })
const app = newApplication({ displayName: 'x', createdDateTime: clock.now().toISOString() })

afterEach(() => clock.move(0))

test('the bin keeps what was deleted for 30 days', () => {
  applications.keep(app)
  clock.move(29 * DAY)
  expect(applications.get(app.id)).toMatchObject({ id: app.id, deletedDateTime: expect.any(String) })
  expect(applications.all()).toHaveLength(1)
  clock.move(31 * DAY)
  expect(applications.get(app.id)).toBeUndefined()
  expect(applications.all()).toEqual([])
})

test('what was deleted is gone in the very moment when its 30 days are over', () => {
  const still = createClock(() => new Date('2026-06-01T12:00:00Z'))
  const bin = deletedItemsIn({ store, clock: still }).applications
  bin.keep(app)
  still.move(30 * DAY - 1)
  expect(bin.get(app.id)).toBeDefined()
  still.move(30 * DAY)
  expect(bin.get(app.id)).toBeUndefined()
  bin.purge(app.id)
})

test('the bin forgets what is removed for good, of its own kind only', () => {
  const principal = newServicePrincipal(app)
  applications.keep(app)
  servicePrincipals.keep(principal)
  applications.purge(principal.id)
  applications.purge(app.id)
  expect(applications.all()).toEqual([])
  expect(servicePrincipals.get(principal.id)?.appId).toBe(app.appId)
})
