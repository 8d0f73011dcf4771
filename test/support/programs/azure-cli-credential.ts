#!/usr/bin/env node
/** The names of the certificates of KEY_VAULT_URL, one a line, as whom `az` is signed in. Nothing in it knows of a local tenant. */
import { AzureCliCredential } from '@azure/identity'
import { CertificateClient } from '@azure/keyvault-certificates'

const client = new CertificateClient(process.env.KEY_VAULT_URL ?? '', new AzureCliCredential())
for await (const { name } of client.listPropertiesOfCertificates()) process.stdout.write(`${name}\n`)
