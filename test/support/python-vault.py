"""The life of a certificate by Python's Key Vault packages, with a production configuration. Prints one JSON object."""
import hashlib
import json
import os

from azure.core.exceptions import ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.certificates import CertificateClient, CertificatePolicy
from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm
from azure.keyvault.secrets import SecretClient

credential = ClientSecretCredential(os.environ["TENANT"], os.environ["ID"], os.environ["SECRET"])
vault = os.environ["VAULT"]
client = CertificateClient(vault, credential)
policy = CertificatePolicy(issuer_name="Self", subject="CN=py", exportable=False)
created = client.begin_create_certificate("py", policy).result()
digest = hashlib.sha256(b"x").digest()
signature = CryptographyClient(created.key_id, credential).sign(SignatureAlgorithm.ps256, digest).signature
secret = SecretClient(vault, credential).get_secret("py")
client.update_certificate_properties("py", enabled=False, tags={"a": "b"})
names = [properties.name for properties in client.list_properties_of_certificates()]
client.begin_delete_certificate("py").wait()
client.begin_recover_deleted_certificate("py").wait()
client.begin_delete_certificate("py").wait()
client.purge_deleted_certificate("py")
try:
    client.get_certificate("py")
    gone = False
except ResourceNotFoundError:
    gone = True
found = {"signature": len(signature), "type": secret.properties.content_type, "listed": "py" in names, "gone": gone}
print(json.dumps(found))
