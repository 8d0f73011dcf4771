/** The oldest Node.js that runs this program, as `engines` in package.json says. */
const OLDEST: readonly [major: number, minor: number] = [24, 5]

/** One line that names the version that is needed, or undefined where this Node.js is new enough. Runs on any Node.js. */
export function nodeTooOld(program: string, version: string): string | undefined {
  const parts = version.split('.').map(Number)
  const major = parts[0] as number
  const minor = parts[1] as number
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined
  return `${program} needs Node.js ${OLDEST[0]}.${OLDEST[1]} or newer, and this is ${version}: https://nodejs.org`
}
