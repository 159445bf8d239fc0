-- Fills schema.sql: 200 workspaces, 602 users, 1,000 projects, 50,000 tasks, 20,000 comments, 5,000 attachments.
-- The same rows every time. Alice is in w001, w002 and w003, Bob in w003, w004 and w005; they share w003.
BEGIN;

INSERT INTO countries (code, name, dial_code) VALUES
  ('AT', 'Austria', 43), ('BR', 'Brazil', 55), ('CH', 'Switzerland', 41), ('DE', 'Germany', 49), ('ES', 'Spain', 34),
  ('FI', 'Finland', 358), ('FR', 'France', 33), ('IN', 'India', 91), ('JP', 'Japan', 81), ('KE', 'Kenya', 254),
  ('NZ', 'New Zealand', 64), ('US', 'United States', 1);

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO workspaces
SELECT printf('w%03d', i),
       CASE i % 4 WHEN 0 THEN 'Harbour ' WHEN 1 THEN 'Lantern ' WHEN 2 THEN 'Meadow ' ELSE 'Quarry ' END
         || CASE i % 3 WHEN 0 THEN 'Works' WHEN 1 THEN 'Studio' ELSE 'Logistics' END || ' ' || i,
       CASE WHEN i % 10 = 0 THEN 'business' WHEN i % 3 = 0 THEN 'team' ELSE 'free' END,
       strftime('%Y-%m-%dT%H:%M:%SZ', '2024-01-01', '+' || i || ' days')
FROM n;

INSERT INTO users VALUES
  ('alice', 'alice@example.com', 'Alice Arden', 'NZ', 'scrypt:alice', 'JBSWY3DP', '2024-01-01T08:00:00Z'),
  ('bob', 'bob@example.com', 'Bob Brook', 'CH', 'scrypt:bob', NULL, '2024-01-01T09:00:00Z');

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
INSERT INTO users
SELECT printf('u%04d', i), 'user' || i || '@example.com', 'User ' || i,
       CASE WHEN i % 7 = 0 THEN NULL ELSE substr('ATBRCHDEESFIFRINJPKENZUS', i % 12 * 2 + 1, 2) END,
       'scrypt:' || hex(i * 2654435761 % 4294967296),
       CASE WHEN i % 3 = 0 THEN hex(i * 40503 % 65536) END,
       strftime('%Y-%m-%dT%H:%M:%SZ', '2024-01-01', '+' || (i * 37 % 300) || ' days', '+' || i || ' minutes')
FROM n;

-- Eight members each: an owner, an admin and six others.
WITH RECURSIVE w (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w WHERE i < 200),
               k (j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM k WHERE j < 7)
INSERT INTO members
SELECT printf('u%04d', (i * 7 + j * 37) % 600 + 1), printf('w%03d', i),
       CASE j WHEN 0 THEN 'owner' WHEN 1 THEN 'admin' ELSE 'member' END,
       strftime('%Y-%m-%dT%H:%M:%SZ', '2024-02-01', '+' || (i + j) || ' days')
FROM w, k;
INSERT INTO members VALUES
  ('alice', 'w001', 'admin', '2024-03-01T08:00:00Z'), ('alice', 'w002', 'member', '2024-03-02T08:00:00Z'),
  ('alice', 'w003', 'member', '2024-03-03T08:00:00Z'), ('bob', 'w003', 'owner', '2024-03-04T08:00:00Z'),
  ('bob', 'w004', 'member', '2024-03-05T08:00:00Z'), ('bob', 'w005', 'admin', '2024-03-06T08:00:00Z');

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
INSERT INTO invitations
SELECT printf('i%04d', i), printf('w%03d', (i - 1) % 200 + 1), 'guest' || i || '@example.org',
       CASE WHEN i % 5 = 0 THEN 'admin' ELSE 'member' END, printf('u%04d', ((i - 1) % 200 + 1) * 7 % 600 + 1),
       strftime('%Y-%m-%dT%H:%M:%SZ', '2025-01-01', '+' || i || ' hours')
FROM n;

-- Five projects a workspace; the fifth is archived.
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO projects
SELECT printf('p%05d', i), printf('w%03d', (i - 1) / 5 + 1),
       CASE i % 5 WHEN 1 THEN 'Website' WHEN 2 THEN 'Hiring' WHEN 3 THEN 'Move' WHEN 4 THEN 'Audit' ELSE 'Old plans' END,
       i % 5 = 0, strftime('%Y-%m-%dT%H:%M:%SZ', '2024-04-01', '+' || (i % 90) || ' days')
FROM n;

-- Fifty tasks a project.
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
INSERT INTO tasks
SELECT printf('t%06d', i), printf('w%03d', (i - 1) / 250 + 1), printf('p%05d', (i - 1) / 50 + 1),
       CASE i % 5 WHEN 0 THEN 'Write' WHEN 1 THEN 'Review' WHEN 2 THEN 'Order' WHEN 3 THEN 'Call' ELSE 'Plan' END
         || CASE i % 7 WHEN 0 THEN ' the contract' WHEN 1 THEN ' new chairs' WHEN 2 THEN ' the landing page'
              WHEN 3 THEN ' café visit' WHEN 4 THEN ' "phase two"' WHEN 5 THEN ' the auditor' ELSE ' a ☂ for the yard' END,
       CASE WHEN i % 4 <> 0 THEN 'Step ' || i || ' of the list.' || char(10) || 'Ask before you change the date.' END,
       CASE WHEN i % 11 = 0 THEN 'archived' WHEN i % 3 = 0 THEN 'done' WHEN i % 5 = 0 THEN 'doing' ELSE 'todo' END,
       i % 4,
       CASE WHEN i % 6 <> 0 THEN printf('u%04d', (((i - 1) / 250 + 1) * 7 + (i % 8) * 37) % 600 + 1) END,
       CASE i % 9 WHEN 0 THEN '["urgent"]' WHEN 1 THEN '["urgent","client"]' WHEN 2 THEN '["client"]' WHEN 3 THEN '["idea"]'
         ELSE '[]' END,
       CASE WHEN i % 3 <> 1 THEN (i % 40) / 4.0 END,
       CASE WHEN i % 2 = 0 THEN strftime('%Y-%m-%d', '2025-06-01', '+' || (i * 13 % 180) || ' days') END,
       strftime('%Y-%m-%dT%H:%M:%SZ', '2025-01-01', '+' || (i * 7919 % 200000) || ' minutes')
FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO comments
SELECT printf('c%06d', i), printf('t%06d', (i * 5 - 1) / 2 % 50000 + 1),
       printf('u%04d', (((i * 5 - 1) / 2 % 50000 / 250 + 1) * 7 + (i % 8) * 37) % 600 + 1),
       CASE i % 3 WHEN 0 THEN 'Done from my side.' WHEN 1 THEN 'Who takes this?' ELSE 'See the file, it''s the new one.' END,
       strftime('%Y-%m-%dT%H:%M:%SZ', '2025-02-01', '+' || i || ' minutes')
FROM n;

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO attachments
SELECT printf('a%05d', i), printf('t%06d', i * 10), 'file-' || i || CASE i % 2 WHEN 0 THEN '.pdf' ELSE '.png' END,
       CASE i % 2 WHEN 0 THEN 'application/pdf' ELSE 'image/png' END, i * 7919 % 5000000
FROM n;

COMMIT;
