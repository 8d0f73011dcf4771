import { afterEach, describe, expect, test } from 'vitest'
import { createClock } from '../../../tenant/clock.ts'
import { openSettings } from '../../../tenant/settings.ts'
import { openStore, type Store } from '../../../tenant/store.ts'

const open: Store[] = []
afterEach(() => {
  for (const store of open.splice(0)) store.close()
})
function opened() {
  const store = openStore()
  open.push(store)
  const clock = createClock(() => new Date(0))
  return { store, clock, settings: openSettings(store, clock) }
}

describe('the settings', () => {
  test('are those of the cloud until they are changed', () => {
    expect(opened().settings.get()).toEqual({
      id: 'settings',
      clockOffsetMs: 0,
      laggingLists: false,
      refuseReplays: false,
      legacyThumbprintsOnly: false,
      propagationDelayMs: 0,
      vaultByRoles: false,
    })
  })

  test('keep what is not named', () => {
    const { settings } = opened()
    settings.change({ refuseReplays: true })
    settings.change({ vaultByRoles: true })
    expect(settings.get()).toMatchObject({ refuseReplays: true, vaultByRoles: true, propagationDelayMs: 0 })
  })

  test('move the clock', () => {
    const { settings, clock } = opened()
    settings.change({ clockOffsetMs: 5000 })
    expect(clock.now()).toEqual(new Date(5000))
  })

  test('are there again after a restart, the clock where it was', () => {
    const { store, settings } = opened()
    settings.change({ clockOffsetMs: 7000, legacyThumbprintsOnly: true })
    const clock = createClock(() => new Date(0))
    expect(openSettings(store, clock).get()).toMatchObject({ legacyThumbprintsOnly: true })
    expect(clock.now()).toEqual(new Date(7000))
  })
})
