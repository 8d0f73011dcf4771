"""Python's MSAL with each credential: prints what came of it, one JSON object a line."""
import json
import os

import msal

with open(os.environ["PEM"]) as file:
    key = file.read().split("-----BEGIN CERTIFICATE")[0]
certificate = {"private_key": key, "thumbprint": os.environ["SHA1"]}
for credential in (os.environ["SECRET"], certificate, "wrong"):
    app = msal.ConfidentialClientApplication(
        os.environ["ID"], authority=os.environ["AUTHORITY"], client_credential=credential, instance_discovery=False
    )
    answer = app.acquire_token_for_client([os.environ["SCOPE"]])
    print(json.dumps({"ok": "access_token" in answer, "codes": answer.get("error_codes")}))
