-- A company's intranet, as `pg_dump -s` or a migration would have it.
CREATE TABLE departments (
  id text PRIMARY KEY,
  parent_id text REFERENCES departments (id),
  name text NOT NULL
);
CREATE TABLE postings (
  employee_id text NOT NULL,
  department_id text NOT NULL REFERENCES departments (id),
  PRIMARY KEY (employee_id, department_id)
);
CREATE TABLE documents (
  id text PRIMARY KEY,
  author_id text NOT NULL,
  department_id text REFERENCES departments (id),
  title text NOT NULL,
  visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'department', 'public')),
  deleted_at timestamp
);
CREATE TABLE document_grants (
  document_id text NOT NULL REFERENCES documents (id),
  person_id text NOT NULL,
  level text NOT NULL CHECK (level IN ('read', 'edit')),
  PRIMARY KEY (document_id, person_id)
);
