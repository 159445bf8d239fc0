-- An agency that works with its customers in shared workspaces; freelancers come for a while.
CREATE TABLE workspaces (id text PRIMARY KEY, name text NOT NULL);
CREATE TABLE staff (
  person_id text NOT NULL,
  workspace_id text NOT NULL REFERENCES workspaces (id),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
  contract_ends timestamp,
  PRIMARY KEY (person_id, workspace_id)
);
CREATE TABLE invitations (
  id text PRIMARY KEY,
  email text NOT NULL,
  tenant_id text NOT NULL REFERENCES workspaces (id),
  role text NOT NULL,
  expires_at timestamp NOT NULL
);
CREATE TABLE tasks (
  id text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces (id),
  title text NOT NULL,
  deleted_at timestamp
);
CREATE TABLE invoices (
  id text PRIMARY KEY,
  workspace_id text NOT NULL REFERENCES workspaces (id),
  cents integer NOT NULL
);
