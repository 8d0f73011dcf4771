/** The schema's history. A step that was released is never edited: add one. `PRAGMA user_version` counts them. */
export const SQLITE_MIGRATIONS: readonly string[] = [
  // Ids are UUIDv7: in the order of creation, so the table grows at its end, and a page begins after an id.
  `CREATE TABLE todos (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     description TEXT NOT NULL,
     done INTEGER NOT NULL CHECK (done IN (0, 1)),
     created_at TEXT NOT NULL,
     updated_at TEXT NOT NULL,
     version INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX todos_by_owner ON todos (owner, id);
   CREATE INDEX todos_by_done ON todos (done, id);
   CREATE INDEX todos_by_owner_and_done ON todos (owner, done, id);
   CREATE TABLE idempotency (
     key TEXT PRIMARY KEY,
     body_hash TEXT NOT NULL,
     todo TEXT NOT NULL,
     used_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX idempotency_by_age ON idempotency (used_at);`,
]
