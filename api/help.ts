export const HELP = `Usage: todo-api                serve until SIGTERM or Ctrl-C
       todo-api backup FILE    copy the SQLite store while it is in use
       todo-api --help

The protected todo API. It is configured by variables:

  TODO_API_TENANT_ID          the tenant (a GUID); required
  TODO_API_CLIENT_ID          the API's own client id (a GUID); required
  DATABASE_URL                sqlite:<file>, sqlite::memory: or postgres://...; required
  TODO_API_AUTHORITY          https://<host>/<tenant id>; default login.microsoftonline.com
  TODO_API_PORT               default 44351; 0 takes any that is free
  TODO_API_HOST               default 127.0.0.1; another address needs TLS
  TODO_API_TLS_CERT_FILE      PEM, with TODO_API_TLS_KEY_FILE: HTTPS
  TODO_API_TLS_TERMINATED     true: a proxy in front ends TLS
  TODO_API_CA_FILE            one CA more for requests to the issuer (the local tenant's)
  TODO_API_CORS_ORIGINS       origins of web pages that may call; default none
  TODO_API_ALLOWED_CLIENTS    client ids of apps that may call; default any
  TODO_API_ALLOWED_TENANTS    tenants whose tokens are accepted; default TODO_API_TENANT_ID
  TODO_API_ACCEPT_V1_TOKENS   true: v1.0 tokens too
  TODO_API_READ_SCOPES, TODO_API_READ_ROLES, TODO_API_WRITE_SCOPES, TODO_API_WRITE_ROLES
                              names of the permissions; default those of the sample
  TODO_API_RATE_LIMIT         requests a minute for each client app, off loopback; default 600, 0 for none
  TODO_API_EXPOSE_METRICS     true or false: answer /metrics; default on loopback only
  TODO_API_KEEP_KEYS_SECONDS  how long known keys work while the issuer is down; 60 to 604800, default 86400
  TODO_API_SEED_EXAMPLES      true: an app that finds no todo gets three examples
  HTTPS_PROXY, NO_PROXY       for requests to the issuer

Exit codes: 0 stopped, 1 store or port, 2 configuration, 130 stopped by a second signal.
`
