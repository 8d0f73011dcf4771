import { it } from 'vitest'
import { assertLoaderHolds, samples } from '../support/loader-properties.ts'

const { made, privateKey } = samples()

it.each(made.map((sample) => [`${sample.form.form} by ${sample.form.tool}`, sample] as const))(
  'much damage to %s gives an error of ours or the right key',
  async (_, sample) => assertLoaderHolds(sample, privateKey, sample.form.form.includes('PFX') ? 100 : 1000),
)
