import { AppError } from '../../../core/errors.ts'

/** A flag's whole number; the fallback where it is absent. @throws AppError `usage` */
export function whole(value: unknown, label: string, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback
  const number = Number(value)
  if (/^\d+$/.test(String(value)) && number >= least && number <= most) return number
  throw new AppError('usage', `${label} is not a whole number from ${least} to ${most}`, {
    hint: `for instance ${label} ${fallback}`,
  })
}
