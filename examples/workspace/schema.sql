-- A task manager that many companies share. Each company is a workspace: the tenant.
PRAGMA foreign_keys = ON;

CREATE TABLE workspaces (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  plan        TEXT NOT NULL CHECK (plan IN ('free', 'team', 'business')),
  created_at  TEXT NOT NULL
);

CREATE TABLE countries (
  code        TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  dial_code   INTEGER NOT NULL
);

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  country_code  TEXT REFERENCES countries (code),
  password_hash TEXT NOT NULL,
  totp_secret   TEXT,
  created_at    TEXT NOT NULL
);

CREATE TABLE members (
  user_id       TEXT NOT NULL REFERENCES users (id),
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
  role          TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  joined_at     TEXT NOT NULL,
  PRIMARY KEY (user_id, workspace_id)
);
CREATE INDEX members_by_workspace ON members (workspace_id);

CREATE TABLE invitations (
  id            TEXT PRIMARY KEY,
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
  email         TEXT NOT NULL,
  role          TEXT NOT NULL CHECK (role IN ('admin', 'member')),
  invited_by    TEXT NOT NULL REFERENCES users (id),
  created_at    TEXT NOT NULL
);

CREATE TABLE projects (
  id            TEXT PRIMARY KEY,
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
  name          TEXT NOT NULL,
  archived      INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
  created_at    TEXT NOT NULL
);
CREATE INDEX projects_by_workspace ON projects (workspace_id);

CREATE TABLE tasks (
  id              TEXT PRIMARY KEY,
  workspace_id    TEXT NOT NULL REFERENCES workspaces (id),
  project_id      TEXT NOT NULL REFERENCES projects (id),
  title           TEXT NOT NULL,
  description     TEXT,
  status          TEXT NOT NULL CHECK (status IN ('todo', 'doing', 'done', 'archived')),
  priority        INTEGER NOT NULL DEFAULT 0,
  assignee_id     TEXT REFERENCES users (id),
  labels          TEXT NOT NULL DEFAULT '[]',   -- a JSON array of words
  estimate_hours  REAL,
  due_at          TEXT,
  updated_at      TEXT NOT NULL
);
CREATE INDEX tasks_by_workspace ON tasks (workspace_id);
CREATE INDEX tasks_by_project ON tasks (project_id);

CREATE TABLE comments (
  id          TEXT PRIMARY KEY,
  task_id     TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  author_id   TEXT NOT NULL REFERENCES users (id),
  body        TEXT NOT NULL,
  created_at  TEXT NOT NULL
);
CREATE INDEX comments_by_task ON comments (task_id);

CREATE TABLE attachments (
  id          TEXT PRIMARY KEY,
  task_id     TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  file_name   TEXT NOT NULL,
  media_type  TEXT NOT NULL,
  size_bytes  INTEGER NOT NULL
);
CREATE INDEX attachments_by_task ON attachments (task_id);
