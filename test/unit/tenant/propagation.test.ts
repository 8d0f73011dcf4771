import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, createClock } from '../../../tenant/clock.ts'
import { openDirectory } from '../../../tenant/directory.ts'
import { createPropagation, type Propagation } from '../../../tenant/propagation.ts'
import { newApplication, newServicePrincipal } from '../../../tenant/seed/applications.ts'
import { openSettings, type Settings } from '../../../tenant/settings.ts'
import { openStore, type Store } from '../../../tenant/store.ts'

const APP = newApplication({ displayName: 'one', createdDateTime: '2026-01-01T00:00:00Z' })
const ENTRIES = (id: string) => ({
  servicePrincipals: { ...newServicePrincipal(APP), id },
  appRoleAssignments: {
    ...{ id, principalId: 'p', resourceId: 'r', appRoleId: 'a', createdDateTime: APP.createdDateTime },
  },
  grants: {
    ...{ id, clientId: 'c', consentType: 'AllPrincipals', principalId: null, resourceId: 'r', scope: 's' },
  },
})
let store: Store
let clock: Clock
let settings: Settings
let views: Propagation

beforeEach(() => {
  store = openStore()
  clock = createClock(() => new Date(0))
  settings = openSettings(store, clock)
  views = createPropagation(openDirectory(store), settings, clock)
})
afterEach(() => {
  store.close()
})

const names = () => views.issuer.applications.all().map(({ displayName }) => displayName)
const wait = (ms: number) => settings.change({ clockOffsetMs: ms })

describe('without a delay', () => {
  test('the issuer sees a change at once', () => {
    views.graph.applications.put(APP)
    expect(views.issuer.applicationOf(APP.appId)).toBe(APP)
    views.graph.applications.delete(APP.id)
    expect(views.issuer.applicationOf(APP.appId)).toBeUndefined()
  })

  test('the issuer sees a change, though the clock is put back after it', () => {
    wait(5000)
    views.graph.applications.put(APP)
    wait(0)
    expect(names()).toEqual(['one'])
  })
})

describe('with a delay', () => {
  beforeEach(() => {
    settings.change({ propagationDelayMs: 1000 })
  })

  test('Graph sees what it wrote, the issuer a while later', () => {
    views.graph.applications.put(APP)
    expect(views.graph.applicationOf(APP.appId)).toBe(APP)
    expect(names()).toEqual([])
    wait(999)
    expect(views.issuer.applications.get(APP.id)).toBeUndefined()
    wait(1000)
    expect(names()).toEqual(['one'])
  })

  test('a change shows what was before', () => {
    views.graph.applications.put(APP)
    wait(1000)
    views.graph.applications.put({ ...APP, displayName: 'two' })
    expect(names()).toEqual(['one'])
    wait(2000)
    expect(names()).toEqual(['two'])
  })

  test('two changes show what was before the first', () => {
    views.graph.applications.put(APP)
    wait(1000)
    views.graph.applications.put({ ...APP, displayName: 'two' })
    wait(1500)
    views.graph.applications.put({ ...APP, displayName: 'three' })
    expect(names()).toEqual(['one'])
    wait(2000)
    expect(names()).toEqual(['three'])
  })

  test('what was removed is there for a while', () => {
    views.graph.applications.put(APP)
    wait(1000)
    views.graph.applications.delete(APP.id)
    expect(names()).toEqual(['one'])
    expect(views.graph.applications.all()).toEqual([])
    wait(2000)
    expect(names()).toEqual([])
  })

  test('what the issuer has seen stays seen, though the clock is put back', () => {
    views.graph.applications.put(APP)
    wait(1000)
    expect(names()).toEqual(['one'])
    wait(0)
    expect(names()).toEqual(['one'])
  })

  test('what nobody changed is there beside what is late, in lists and by its id', () => {
    const old = newApplication({ displayName: 'old', createdDateTime: APP.createdDateTime })
    openDirectory(store).applications.put(old)
    views.graph.applications.put(APP)
    expect(names()).toEqual(['old'])
    expect(views.issuer.applications.get(old.id)).toEqual(old)
  })

  test('a change after the last one was seen is late again', () => {
    views.graph.applications.put(APP)
    wait(1000)
    views.graph.applications.delete(APP.id)
    wait(1999)
    expect(names()).toEqual(['one'])
    wait(2000)
    expect(names()).toEqual([])
  })

  describe.each(['servicePrincipals', 'appRoleAssignments', 'grants'] as const)('of %s', (kind) => {
    const id = 'b7c9a1de-0000-4000-8000-000000000001'
    const seenBy = (who: keyof Propagation) => views[who][kind].all().map((entry) => entry.id)
    const put = () => views.graph[kind].put(ENTRIES(id)[kind] as never)

    test('a new one is late', () => {
      put()
      expect([seenBy('graph'), seenBy('issuer')]).toEqual([[id], []])
      expect(views.issuer[kind].get(id)).toBeUndefined()
      wait(1000)
      expect(seenBy('issuer')).toEqual([id])
    })

    test('one that was removed is there for a while', () => {
      put()
      wait(1000)
      views.graph[kind].delete(id)
      expect([seenBy('graph'), seenBy('issuer')]).toEqual([[], [id]])
      wait(2000)
      expect(seenBy('issuer')).toEqual([])
    })
  })
})
