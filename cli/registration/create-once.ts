/** An app is made under a key of this program's own, so that it is made once, however often and wherever that is tried. */
import { createHash } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import type { GraphClient } from '../graph/client.ts'
import { isNameTaken } from '../graph/errors.ts'
import type { Application, ApplicationBody } from '../graph/objects.ts'

/**
 * The `uniqueName` of the app with that name: readable, and of letters that no address has to escape.
 *
 * @param after the deleted app that has the key before this one
 */
export function uniqueNameOf(displayName: string, after?: Pick<Application, 'id'>): string {
  const readable = displayName.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60)
  const digest = createHash('sha256')
    .update(`${displayName}\n${after?.id ?? ''}`)
    .digest('hex')
  return `todo-cli.${readable}.${digest.slice(0, 16)}`
}

/** A chain of so many deleted apps of one name is not one that somebody made by removing and creating. */
const DELETED_MAX = 50

/**
 * Graph lists lag behind, so a run right after one that was stopped may not see what that made; by its key it is the same
 * app, not a second one. A deleted app keeps its key for the 30 days in which it can be restored: then the next key follows
 * from that app, again the same for everybody.
 *
 * @throws AppError `app-conflict` where the key is taken by an app that can not be seen
 */
export async function createOnce(
  graph: GraphClient,
  body: Partial<ApplicationBody> & { readonly displayName: string },
  flag: string,
): Promise<Application> {
  const { displayName } = body
  let uniqueName = uniqueNameOf(displayName)
  for (let left = DELETED_MAX; ; left -= 1) {
    try {
      return await graph.createApplication(uniqueName, body)
    } catch (error) {
      if (!isNameTaken(error)) throw error
      const holder = (await graph.deletedApplications()).find((each) => each.uniqueName === uniqueName)
      if (holder === undefined || left === 0) throw taken(displayName, flag, error)
      uniqueName = uniqueNameOf(displayName, holder)
    }
    const present = await graph.applicationByKey(uniqueName)
    if (present !== undefined) return present
  }
}

function taken(displayName: string, flag: string, cause: unknown): AppError {
  return new AppError('app-conflict', `another app has the unique name of ${displayName}, or had it`, {
    hint: `see App registrations, Deleted applications, in the portal; or choose another name: ${flag} NAME`,
    cause,
  })
}
