/** What every store has to do. Run over SQLite and over PostgreSQL. */
import { randomUUID } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreUnavailable, type TodoStore } from '../../api/store/store.ts'
import type { Todo } from '../../core/todo.ts'

export interface StoreFactory {
  /** An empty store. */
  open(): Promise<TodoStore>
  /** A second connection to the store that `open` gave last, as another process would have it. */
  openAgain(): Promise<TodoStore>
  /** Makes every idempotency key so much older, in milliseconds. */
  ageKeys(ms: number): Promise<void>
}

export function newTodo(fields: Partial<Todo> = {}): Todo {
  const now = new Date().toISOString()
  return {
    id: uuidv7(),
    owner: randomUUID(),
    description: 'milk',
    done: false,
    createdAt: now,
    updatedAt: now,
    ...fields,
  }
}

const LATER = '2030-01-02T03:04:05.678Z'

export function storeContract(name: string, factory: StoreFactory): void {
  describe(name, () => {
    let store: TodoStore
    beforeEach(async () => {
      store = await factory.open()
    })
    afterEach(() => store.close())

    const idempotent = (key: string, bodyHash = 'hash') => ({ key, bodyHash })
    const all = { limit: 100 }

    async function add(fields: Partial<Todo> = {}): Promise<Todo> {
      const todo = newTodo(fields)
      await store.add(todo)
      return todo
    }

    test('is empty at first', async () => {
      expect(await store.list(all)).toEqual([])
      expect(await store.get({ id: randomUUID() })).toBeUndefined()
    })

    test('gives back what was added, to the letter, as version 1', async () => {
      const todo = newTodo({
        description: '  💡 naïve\t"quoted" \u2028 עברית \u0001 \\n \'; DROP TABLE todos; --',
        done: true,
      })
      expect(await store.add(todo)).toEqual({ outcome: 'added', todo: { ...todo, version: 1 } })
      expect(await store.get({ id: todo.id })).toEqual({ ...todo, version: 1 })
      expect(await store.list(all)).toEqual([todo])
    })

    test('keeps a description of 1,000 characters outside the basic plane', async () => {
      const todo = await add({ description: '😀'.repeat(1000) })
      expect((await store.get({ id: todo.id }))?.description).toBe(todo.description)
    })

    test('lists in the order of creation', async () => {
      const todos = []
      for (let index = 0; index < 5; index += 1) todos.push(await add())
      expect(await store.list(all)).toEqual(todos)
    })

    test('lists a page of one owner, and the page after it', async () => {
      const owner = randomUUID()
      const mine = []
      for (let index = 0; index < 5; index += 1) {
        mine.push(await add({ owner }))
        await add()
      }
      expect(await store.list({ owner, limit: 2 })).toEqual(mine.slice(0, 2))
      expect(await store.list({ owner, limit: 2, after: mine[1]?.id })).toEqual(mine.slice(2, 4))
      expect(await store.list({ owner, limit: 2, after: mine[4]?.id })).toEqual([])
    })

    test('lists from an id on that is not there any more', async () => {
      const [first, second] = [await add(), await add()]
      await store.remove({ id: first.id })
      expect(await store.list({ after: first.id, limit: 5 })).toEqual([second])
    })

    test.each([true, false])('lists those whose done is %s, of everyone and of one owner', async (done) => {
      const owner = randomUUID()
      const theirs = await add({ done })
      const mine = await add({ owner, done })
      await add({ owner, done: !done })
      expect(await store.list({ ...all, done })).toEqual([theirs, mine])
      expect(await store.list({ ...all, done, owner })).toEqual([mine])
    })

    test("does not find another owner's todo", async () => {
      const { id, owner } = await add()
      expect(await store.get({ id, owner: randomUUID() })).toBeUndefined()
      expect((await store.get({ id, owner }))?.id).toBe(id)
    })

    test('refuses a second todo with the same id', async () => {
      const todo = await add()
      await expect(store.add(newTodo({ id: todo.id }))).rejects.toThrow()
      expect(await store.list(all)).toEqual([todo])
    })

    test('changes only what a change names, and counts the version', async () => {
      const todo = await add()
      const first = { ...todo, done: true, updatedAt: LATER, version: 2 }
      expect(await store.update({ id: todo.id }, { done: true }, LATER)).toEqual({
        outcome: 'updated',
        todo: first,
      })
      const owner = randomUUID()
      const second = { ...first, description: 'bread', owner, version: 3 }
      const change = { description: 'bread', owner }
      expect(await store.update({ id: todo.id }, change, LATER)).toEqual({ outcome: 'updated', todo: second })
      expect(await store.get({ id: todo.id })).toEqual(second)
      expect((await store.list({ ...all, owner })).length).toBe(1)
    })

    test('sets done back to false', async () => {
      const { id } = await add({ done: true })
      expect(await store.update({ id }, { done: false }, LATER)).toMatchObject({ todo: { done: false } })
    })

    test.each(['update', 'remove'] as const)(
      "%s: another owner's todo is missing, and stays",
      async (verb) => {
        const todo = await add()
        const target = { id: todo.id, owner: randomUUID() }
        if (verb === 'update')
          expect(await store.update(target, { done: true }, LATER)).toEqual({ outcome: 'missing' })
        else expect(await store.remove(target)).toBe('missing')
        expect(await store.get({ id: todo.id })).toEqual({ ...todo, version: 1 })
      },
    )

    test.each(['update', 'remove'] as const)(
      '%s: with a version that has passed nothing happens',
      async (verb) => {
        const { id } = await add()
        await store.update({ id }, { description: 'newer' }, LATER)
        for (const versions of [[1], [], [7, 9]]) {
          if (verb === 'update') {
            expect(await store.update({ id, versions }, { description: 'lost' }, LATER)).toEqual({
              outcome: 'changed',
            })
          } else expect(await store.remove({ id, versions })).toBe('changed')
        }
        expect((await store.get({ id }))?.description).toBe('newer')
      },
    )

    test.each(['update', 'remove'] as const)('%s: with the version of now it happens', async (verb) => {
      const { id } = await add()
      if (verb === 'update') {
        expect(await store.update({ id, versions: [5, 1] }, { done: true }, LATER)).toMatchObject({
          outcome: 'updated',
        })
      } else expect(await store.remove({ id, versions: [5, 1] })).toBe('removed')
    })

    test('removes once', async () => {
      const { id, owner } = await add()
      expect(await store.remove({ id, owner })).toBe('removed')
      expect(await store.remove({ id, owner })).toBe('missing')
      expect(await store.get({ id })).toBeUndefined()
    })

    test('what is not there can not be changed', async () => {
      expect(await store.update({ id: randomUUID() }, { done: true }, LATER)).toEqual({ outcome: 'missing' })
      expect(await store.update({ id: randomUUID(), versions: [1] }, { done: true }, LATER)).toEqual({
        outcome: 'missing',
      })
    })

    test('a key makes the same todo once, and gives it as it was made', async () => {
      const todo = newTodo()
      expect(await store.add(todo, idempotent('k'))).toMatchObject({ outcome: 'added' })
      await store.update({ id: todo.id }, { done: true }, LATER)
      expect(await store.add(newTodo(), idempotent('k'))).toEqual({
        outcome: 'replayed',
        todo: { ...todo, version: 1 },
      })
      expect((await store.list(all)).length).toBe(1)
    })

    test('a key for another body makes nothing', async () => {
      await store.add(newTodo(), idempotent('k'))
      expect(await store.add(newTodo(), idempotent('k', 'other'))).toEqual({ outcome: 'key-reused' })
      expect((await store.list(all)).length).toBe(1)
    })

    test('a key is kept for 24 hours, and is another key afterwards', async () => {
      const { outcome } = await store.add(newTodo(), idempotent('k'))
      await factory.ageKeys(86_000_000)
      const retry = await store.add(newTodo(), idempotent('k'))
      await factory.ageKeys(500_000)
      const later = await store.add(newTodo(), idempotent('k', 'other'))
      expect([outcome, retry.outcome, later.outcome]).toEqual(['added', 'replayed', 'added'])
      const again = await store.add(newTodo(), idempotent('k', 'other'))
      expect(again.outcome).toBe('replayed')
    })

    test('keys that are too old are as good as gone, however many have not been swept yet', async () => {
      const keys = Array.from({ length: 25 }, (_, index) => `k${index}`)
      for (const key of keys) await store.add(newTodo(), idempotent(key))
      await factory.ageKeys(86_500_000)
      for (const key of [...keys].reverse())
        expect((await store.add(newTodo(), idempotent(key, 'other'))).outcome).toBe('added')
      for (const key of keys)
        expect((await store.add(newTodo(), idempotent(key, 'other'))).outcome).toBe('replayed')
      expect((await store.list(all)).length).toBe(50)
    })

    test('two keys make two todos', async () => {
      await store.add(newTodo(), idempotent('k'))
      expect(await store.add(newTodo(), idempotent('l'))).toMatchObject({ outcome: 'added' })
    })

    test('an addition that fails leaves its key unused', async () => {
      const todo = await add()
      await expect(store.add(newTodo({ id: todo.id }), idempotent('k'))).rejects.toThrow()
      expect(await store.add(newTodo(), idempotent('k'))).toMatchObject({ outcome: 'added' })
    })

    test('seeds where there is nothing, once, and never beside something', async () => {
      await store.seed([newTodo(), newTodo()])
      await store.seed([newTodo()])
      expect((await store.list(all)).length).toBe(2)
    })

    describe('with a second connection', () => {
      let second: TodoStore
      beforeEach(async () => {
        second = await factory.openAgain()
      })
      afterEach(() => second.close())

      test('each sees what the other wrote', async () => {
        const todo = await add()
        expect(await second.list(all)).toEqual([todo])
        await second.remove({ id: todo.id })
        expect(await store.list(all)).toEqual([])
      })

      test('of all who change the same version exactly one wins', async () => {
        const { id } = await add()
        const results = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? store : second).update(
              { id, versions: [1] },
              { description: `${index}` },
              LATER,
            ),
          ),
        )
        expect(results.filter(({ outcome }) => outcome === 'updated').length).toBe(1)
        expect(results.filter(({ outcome }) => outcome === 'changed').length).toBe(9)
        expect((await store.get({ id }))?.version).toBe(2)
      })

      test('changes without a version all happen, one after the other', async () => {
        const { id } = await add()
        await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? store : second).update({ id }, { done: true }, LATER),
          ),
        )
        expect((await store.get({ id }))?.version).toBe(11)
      })

      test('one key, used by all at once, makes one todo', async () => {
        const results = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? store : second).add(newTodo(), idempotent('k')),
          ),
        )
        expect(results.filter(({ outcome }) => outcome === 'added').length).toBe(1)
        expect(results.filter(({ outcome }) => outcome === 'replayed').length).toBe(9)
        expect((await second.list(all)).length).toBe(1)
      })

      test('who seeds at the same time seeds once', async () => {
        await Promise.all(
          Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? store : second).seed([newTodo()])),
        )
        expect((await store.list(all)).length).toBe(1)
      })
    })

    test('answers a ping, until it is closed; closing twice is fine', async () => {
      await store.ping()
      await store.close()
      await store.close()
      await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable)
      await expect(store.list(all)).rejects.toBeInstanceOf(StoreUnavailable)
      await expect(store.add(newTodo(), idempotent('k'))).rejects.toBeInstanceOf(StoreUnavailable)
    })
  })
}
