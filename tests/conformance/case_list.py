"""The cases, row by row of the tables of forms (A3) and features (E1) that PowerSync's editions have."""

PETS = {"pets": [{"id": "p1", "owner": "u", "kind": "cat", "n": 3, "r": 10.0, "tags": '["a","b"]', "j": '{"k":1,"l":[1,2]}'},
                 {"id": "p2", "owner": "u", "kind": "dog", "n": None, "r": -1.5, "tags": '["b"]', "j": '{"k":"x"}'},
                 {"id": "p3", "owner": "v", "kind": None, "n": 0, "r": 2.25, "tags": None, "j": None},
                 {"id": "p4", "owner": None, "kind": "cat", "n": -7, "r": None, "tags": "[]", "j": "[5,6]"}]}
TWO = {"u": {"sub": "u"}, "v": {"sub": "v"}}
LISTS = {"lists": [{"id": "l1", "owner": "u", "name": "one"}, {"id": "l2", "owner": "v", "name": "two"},
                   {"id": "l3", "owner": "w", "name": "three"}],
         "shares": [{"id": "s1", "list_id": "l2", "usr": "u", "role": "reader"},
                    {"id": "s2", "list_id": "l3", "usr": "v", "role": "writer"}],
         "todos": [{"id": "t1", "list_id": "l1", "title": "a"}, {"id": "t2", "list_id": "l2", "title": "b"},
                   {"id": "t3", "list_id": "l3", "title": "c"}, {"id": "t4", "list_id": None, "title": "d"}]}
MINE = "owner = auth.user_id()"


def stream(*queries, **options):
    keys = {"auto_subscribe": "true"}
    keys.update(options)
    if len(queries) == 1:
        keys["query"] = queries[0]
    else:
        keys["queries"] = list(queries)
    return {"s": keys}


def define(m):
    def query(name, covers, sql, rows=PETS, clients=TWO, table="pets", sqlite=None, later=(), config=None, **more):
        yaml = m.yaml_of(3, stream(sql), config, more.pop("with_", None))
        m.accepted("e3-" + name, covers, yaml, [(table, sqlite or sql)], rows, clients, later, **more)

    forms(query)
    joins(m, query)
    subqueries(m, query)
    streams(m)
    legacy(m)
    wildcards(m)
    yaml_forms(m)
    rejections(m)
    legacy_rejections(m)
    warnings(m)


# ---- Expressions and outputs of edition 3 ----------------------------------------------------------------------------

def forms(query):
    query("own-star-of-alias", ["23"], "SELECT p.* FROM pets AS p WHERE p." + MINE, table="p")
    query("own-column-twice", ["23"], "SELECT id, n AS x, r AS x FROM pets", sqlite="SELECT id, r AS x FROM pets")
    query("own-constant-columns", ["23"], "SELECT id, 1 AS one, 'a' AS a, NULL AS none, TRUE AS yes, 1.5 AS real FROM pets")
    query("own-id-from-expression", ["ids"], "SELECT kind || '-' || owner AS id, n FROM pets")
    query("own-integer-ids", ["ids"], "SELECT n AS id, kind FROM pets WHERE n IS NOT NULL")
    query("own-where-and-or-not", ["9"], "SELECT id FROM pets WHERE (kind = 'cat' AND NOT n > 0) OR NOT (kind = 'cat' OR n = 0)")
    query("own-equal-two-columns", ["3"], "SELECT id FROM pets WHERE owner = kind OR id = 'p1'")
    query("own-in-literal-list", ["14"], "SELECT id FROM pets WHERE n IN (3, 0, NULL)")
    query("own-not-in-literal-list", ["14"], "SELECT id FROM pets WHERE n NOT IN (3, 0)")
    query("own-not-in-subquery", ["14"],
          "SELECT id FROM pets WHERE n NOT IN (SELECT c.n FROM pets AS c WHERE c.kind = 'cat' AND c.n IS NOT NULL)")
    query("own-not-in-subquery-of-null", ["14"], "SELECT id FROM pets WHERE n NOT IN (SELECT c.n FROM pets AS c)")
    query("own-not-exists", ["14"],
          "SELECT id FROM pets WHERE NOT EXISTS (SELECT 1 FROM pets AS c WHERE c.kind = pets.kind AND c.n > pets.n)")
    query("own-in-array-literal", ["14"], "SELECT id FROM pets WHERE kind IN ARRAY['cat', 'cow']",
          sqlite="SELECT id FROM pets WHERE kind IN ('cat', 'cow')")
    query("own-in-row-literal", ["14"], "SELECT id FROM pets WHERE kind NOT IN ROW('cat', 'cow')",
          sqlite="SELECT id FROM pets WHERE kind NOT IN ('cat', 'cow')")
    query("own-in-json-column", ["12"], "SELECT id FROM pets WHERE 'b' IN tags",
          sqlite="SELECT id FROM pets WHERE 'b' IN (SELECT value FROM json_each(tags))")
    query("own-overlap-literal", ["13"], "SELECT id FROM pets WHERE tags && '[\"a\",\"z\"]'",
          sqlite="SELECT id FROM pets WHERE EXISTS (SELECT 1 FROM json_each(tags) WHERE value IN ('a', 'z'))")
    query("own-between", ["17"], "SELECT id FROM pets WHERE n BETWEEN 0 AND 5")
    query("own-not-between", ["17"], "SELECT id FROM pets WHERE n NOT BETWEEN 0 AND 2")
    query("own-case-simple", ["17"], "SELECT id, CASE kind WHEN 'cat' THEN 'c' ELSE n END AS x FROM pets")
    query("own-case-searched", ["17"], "SELECT id, CASE WHEN n > 0 THEN 'plus' WHEN n < 0 THEN 'minus' END AS sign FROM pets")
    query("own-is-null", ["17"], "SELECT id, n IS NULL AS none FROM pets WHERE kind IS NOT NULL")
    query("own-is-true-false", ["17"], "SELECT id, n IS TRUE AS t, n IS NOT TRUE AS nt, n IS FALSE AS f FROM pets")
    query("own-comparisons", ["19"], "SELECT id, n < 1 AS lt, n <= 0 AS le, n > 0 AS gt, n >= 3 AS ge, n != 3 AS ne, n = 0 AS eq FROM pets")
    query("own-arithmetic", ["19"], "SELECT id, n + 1 AS a, n - 1 AS s, n * 2 AS m, n / 2 AS d, r / 2 AS half, n / 0 AS none FROM pets")
    query("own-concat", ["19"], "SELECT id, kind || ':' || n AS text, kind || NULL AS none FROM pets")
    query("own-modulo-bits", ["operators"], "SELECT id, n % 2 AS m, n & 1 AS a, n | 8 AS o, n << 1 AS l, n >> 1 AS r FROM pets")
    query("own-unary", ["19"], "SELECT id, +n AS p, -n AS m, -1 AS one FROM pets")
    query("own-json-text-key", ["18"], "SELECT id, j -> 'k' AS json, j ->> 'k' AS text FROM pets WHERE id != 'p4'")
    query("own-json-integer-key", ["18"], "SELECT id, j ->> 0 AS first, j -> 'l' ->> 1 AS second FROM pets")
    query("own-json-path", ["18"], "SELECT id, j ->> '$.l[1]' AS x, j -> '$.l' AS l FROM pets")
    query("own-cast-text", ["cast"], "SELECT id, CAST(n AS text) AS t, n::text AS u FROM pets", sqlite="SELECT id, CAST(n AS text) AS t, CAST(n AS text) AS u FROM pets")
    query("own-cast-numbers", ["cast"], "SELECT id, CAST(r AS integer) AS i, CAST(n AS real) AS r, CAST(n AS numeric) AS m, CAST('9e3' AS integer) AS e FROM pets")
    query("own-cast-blob", ["cast"], "SELECT id, hex(CAST(kind AS blob)) AS h FROM pets")
    query("own-like", ["operators"], "SELECT id FROM pets WHERE kind LIKE 'C%' OR kind LIKE '_og'")
    query("own-distinct", ["23"], "SELECT DISTINCT id, kind FROM pets")
    query("own-text-functions", ["19"], "SELECT id, upper(kind) AS u, lower('ABC') AS l, length(kind) AS n, hex(kind) AS h, typeof(n) AS t, instr(kind, 'a') AS i FROM pets")
    query("own-substring", ["19"], "SELECT id, substring(kind, 2) AS a, substring(kind, 1, 2) AS b, substring(kind, -1) AS c FROM pets",
          sqlite="SELECT id, substr(kind, 2) AS a, substr(kind, 1, 2) AS b, substr(kind, -1) AS c FROM pets")
    query("own-substring-from", ["19"], "SELECT id, SUBSTRING(kind FROM 2 FOR 2) AS mid FROM pets", sqlite="SELECT id, substr(kind, 2, 2) AS mid FROM pets")
    query("own-null-functions", ["19"], "SELECT id, ifnull(kind, '-') AS k, iif(n > 0, 'y', 'n') AS y, coalesce(kind, owner) AS c FROM pets")
    query("own-json-functions", ["19"], "SELECT id, json_extract(j, '$.k') AS k, json_array_length(j) AS n, ifnull(json_valid(j), 0) AS v FROM pets")
    query("own-exists", ["11"], "SELECT id FROM pets WHERE EXISTS (SELECT 1 FROM staff WHERE staff.usr = auth.user_id())",
          rows=dict(PETS, staff=[{"id": "x", "usr": "v"}]))
    query("own-any", ["4"], "SELECT id FROM pets WHERE kind = ANY (SELECT kind FROM likes WHERE usr = auth.user_id())",
          rows=dict(PETS, likes=[{"id": "x", "usr": "v", "kind": "cat"}]),
          sqlite="SELECT id FROM pets WHERE kind IN (SELECT kind FROM likes WHERE usr = auth.user_id())")
    query("own-union", ["8"], "SELECT id, n FROM pets WHERE kind = 'cat' UNION SELECT id, n FROM pets WHERE n = 0")
    query("own-equal-null-literal", ["null-3vl"], "SELECT id FROM pets WHERE kind = NULL OR n = 3")
    query("own-blobs-dropped", ["blob"], "SELECT id, b, typeof(b) AS t FROM files",
          rows={"files": [{"id": "f", "b": {"$blob": "00ff"}}, {"id": "g", "b": None}]}, table="files")
    query("own-real-integral-text", ["numbers"], "SELECT id, r, r * 2 AS twice FROM pets")
    query("own-quoted-column", ["case"], 'SELECT id, "camelCase" FROM "Mixed"',
          rows={"Mixed": [{"id": "1", "camelCase": "x"}]}, table="Mixed")


# ---- Joins and subqueries ----------------------------------------------------------------------------------------------

def joins(m, query):
    query("own-comma-join", ["5"], "SELECT todos.* FROM todos, lists WHERE todos.list_id = lists.id AND lists.owner = auth.user_id()",
          rows=LISTS, table="todos",
          later=[[m.update("lists", id="l1", owner="v", name="one")], [m.delete("lists", id="l2")]])
    query("own-inner-join", ["5"], "SELECT todos.id, todos.title FROM todos INNER JOIN shares ON shares.list_id = todos.list_id WHERE shares.usr = auth.user_id()",
          rows=LISTS, table="todos")
    query("own-join-using", ["5"], "SELECT todos.id FROM todos JOIN shares USING (list_id) WHERE shares.usr = auth.user_id()",
          rows=LISTS, table="todos")
    query("own-cross-join", ["5"], "SELECT pets.id FROM pets CROSS JOIN staff WHERE staff.usr = auth.user_id()",
          rows=dict(PETS, staff=[{"id": "x", "usr": "u"}]))
    query("own-on-conditions", ["5"], "SELECT todos.id FROM todos JOIN shares ON shares.list_id = todos.list_id AND shares.usr = auth.user_id() AND shares.role = 'reader'",
          rows=LISTS, table="todos")
    query("own-self-join", ["5"], "SELECT a.id FROM pets AS a JOIN pets AS b ON a.kind = b.kind WHERE b.owner = auth.user_id()", table="a")
    query("own-two-memberships", ["5"], "SELECT todos.id FROM todos JOIN lists ON todos.list_id = lists.id JOIN shares ON shares.list_id = lists.id WHERE shares.usr = auth.user_id() AND lists.name != 'three'",
          rows=LISTS, table="todos")
    query("own-from-subquery", ["6"], "SELECT todos.id FROM todos, (SELECT id AS l FROM lists WHERE owner = auth.user_id()) AS mine WHERE mine.l = todos.list_id",
          rows=LISTS, table="todos")
    query("own-from-subquery-names", ["6"], "SELECT todos.id FROM todos, (SELECT id FROM lists WHERE owner = auth.user_id()) AS mine(l) WHERE mine.l = todos.list_id",
          rows=LISTS, table="todos",
          sqlite="SELECT todos.id FROM todos, (SELECT id AS l FROM lists WHERE owner = auth.user_id()) AS mine WHERE mine.l = todos.list_id")
    query("own-json-each-row", ["16"], "SELECT pets.id FROM pets, json_each(pets.tags) AS t WHERE t.value = 'b'")
    query("own-json-each-key", ["16"], "SELECT pets.id FROM pets, json_each(pets.j) AS t WHERE t.key = 'k' AND t.value = auth.parameter('k')",
          clients={"u": {"sub": "u", "k": 1}, "v": {"sub": "v", "k": "x"}})
    query("own-json-each-token", ["15"], "SELECT pets.id FROM pets, json_each(auth.parameter('kinds')) AS k WHERE k.value = pets.kind",
          clients={"u": {"sub": "u", "kinds": ["cat", "cat"]}, "v": {"sub": "v", "kinds": []}, "w": {"sub": "w"}})
    query("own-composite-key", ["5"], "SELECT pets.id FROM pets, rights WHERE pets.kind = rights.kind AND pets.owner = rights.owner AND rights.usr = auth.user_id()",
          rows=dict(PETS, rights=[{"id": "r", "kind": "cat", "owner": "u", "usr": "v"}]),
          later=[[m.insert("rights", id="q", kind="dog", owner="u", usr="v")], [m.delete("rights", id="r")]])


def subqueries(m, query):
    query("own-in-subquery", ["3"], "SELECT * FROM todos WHERE list_id IN (SELECT id FROM lists WHERE owner = auth.user_id())",
          rows=LISTS, table="todos", later=[[m.update("todos", id="t1", list_id="l2", title="a")]])
    query("own-in-subquery-or", ["10"], "SELECT id FROM todos WHERE list_id IN (SELECT id FROM lists WHERE owner = auth.user_id() OR name = 'three')",
          rows=LISTS, table="todos")
    query("own-nested-subquery", ["4"], "SELECT id FROM todos WHERE list_id IN (SELECT id FROM lists WHERE id IN (SELECT list_id FROM shares WHERE usr = auth.user_id()))",
          rows=LISTS, table="todos")
    query("own-correlated", ["4"], "SELECT id FROM lists WHERE id IN (SELECT shares.list_id FROM shares WHERE shares.list_id = lists.id AND shares.usr = auth.user_id())",
          rows=LISTS, table="lists")
    query("own-token-in-subquery", ["11"], "SELECT id FROM lists WHERE auth.user_id() IN (SELECT usr FROM shares WHERE role = 'writer')",
          rows=LISTS, table="lists")
    query("own-or-two-subqueries", ["9"], "SELECT id FROM lists WHERE owner = auth.user_id() OR id IN (SELECT list_id FROM shares WHERE usr = auth.user_id())",
          rows=LISTS, table="lists", later=[[m.delete("shares", id="s1")]])
    query("own-in-token-array", ["12"], "SELECT id FROM pets WHERE kind IN auth.parameter('kinds')",
          clients={"u": {"sub": "u", "kinds": ["cat", "dog"]}, "v": {"sub": "v", "kinds": None}})
    query("own-claim-path", ["2"], "SELECT id FROM pets WHERE kind = auth.parameter('$.app.kind')",
          clients={"u": {"sub": "u", "app": {"kind": "dog"}}, "v": {"sub": "v"}})
    query("own-static-claim-filter", ["2"], "SELECT id FROM pets WHERE auth.parameter('role') = 'admin'",
          clients={"u": {"sub": "u", "role": "admin"}, "v": {"sub": "v"}})
    query("own-request-number-order", ["2"], "SELECT id FROM pets WHERE auth.parameter('level') > 3 AND auth.parameter('level') < 9",
          clients={"u": {"sub": "u", "level": 5}, "v": {"sub": "v", "level": 9}})
    query("own-connection-parameter", ["12"], "SELECT id FROM pets WHERE kind = connection.parameter('kind') AND owner = auth.user_id()",
          clients={"u": {"auth": {"sub": "u"}, "connection": {"kind": "dog"}}, "v": {"auth": {"sub": "v"}}})
    query("own-key-expression", ["19"], "SELECT id FROM pets WHERE upper(kind) = auth.parameter('kind')",
          clients={"u": {"sub": "u", "kind": "CAT"}})
    query("own-global-cte", ["7"], "SELECT id FROM todos WHERE list_id IN mine", rows=LISTS, table="todos",
          with_={"mine": "SELECT id FROM lists WHERE owner = auth.user_id()"},
          sqlite="WITH mine AS (SELECT id FROM lists WHERE owner = auth.user_id()) SELECT id FROM todos WHERE list_id IN mine")
    query("own-cte-any-case", ["7"], "SELECT id FROM todos WHERE list_id IN Mine", rows=LISTS, table="todos",
          with_={"mINE": "SELECT id FROM lists WHERE owner = auth.user_id()"},
          sqlite="SELECT id FROM todos WHERE list_id IN (SELECT id FROM lists WHERE owner = auth.user_id())")
    query("own-cte-in-from", ["7"], "SELECT todos.id FROM todos JOIN mine ON mine.id = todos.list_id", rows=LISTS, table="todos",
          with_={"mine": "SELECT id FROM lists WHERE owner = auth.user_id()"},
          sqlite="SELECT todos.id FROM todos JOIN (SELECT id FROM lists WHERE owner = auth.user_id()) AS mine ON mine.id = todos.list_id")
    query("own-cte-of-its-own-table", ["7"], "SELECT id FROM todos WHERE list_id IN lists", rows=LISTS, table="todos",
          with_={"lists": "SELECT id FROM lists WHERE owner = auth.user_id()"},
          sqlite="SELECT id FROM todos WHERE list_id IN (SELECT id FROM lists WHERE owner = auth.user_id())")


# ---- Streams -----------------------------------------------------------------------------------------------------------

def streams(m):
    pets, lists = "SELECT id FROM pets WHERE " + MINE, "SELECT id, name FROM lists WHERE " + MINE
    m.accepted("e3-own-several-queries", ["8"], m.yaml_of(3, stream(pets, lists)), [("pets", pets), ("lists", lists)], dict(PETS, **LISTS), TWO)
    m.accepted("e3-own-on-demand", ["25"],
               m.yaml_of(3, {"mine": {"query": pets}, "other": {"query": lists}}), [("pets", pets, "mine"), ("lists", lists, "other")],
               dict(PETS, **LISTS), {"u": {"auth": {"sub": "u"}, "subscriptions": [{"stream": "mine"}]}, "v": {"auth": {"sub": "v"}}})
    one = "SELECT id, title FROM todos WHERE list_id = subscription.parameter('list') AND auth.user_id() IN (SELECT owner FROM lists)"
    m.accepted("e3-own-subscribed-twice", ["25"], m.yaml_of(3, {"one": {"query": one}}), [("todos", one, "one")], LISTS,
               {"u": {"auth": {"sub": "u"}, "subscriptions": [{"stream": "one", "parameters": {"list": "l1"}},
                                                             {"stream": "one", "parameters": {"list": "l3"}}]}})
    m.accepted("e3-own-priorities", ["24"],
               m.yaml_of(3, {"a": {"auto_subscribe": "true", "priority": "0", "query": pets},
                             "b": {"auto_subscribe": "true", "priority": "3", "query": lists}}),
               [("pets", pets), ("lists", lists)], dict(PETS, **LISTS), TWO)
    m.accepted("e3-own-shared-rows", ["27"],
               m.yaml_of(3, {"a": {"auto_subscribe": "true", "query": pets}, "b": {"auto_subscribe": "true", "query": "SELECT id FROM pets WHERE kind = 'cat'"}}),
               [("pets", pets), ("pets", "SELECT id FROM pets WHERE kind = 'cat'")], PETS, TWO,
               later=[[m.update("pets", id="p1", owner="v", kind="cow")]])
    local = "SELECT id FROM todos WHERE list_id IN mine"
    m.accepted("e3-own-local-cte", ["7"],
               m.yaml_of(3, {"s": {"auto_subscribe": "true", "with": {"mine": "SELECT id FROM lists WHERE owner = auth.user_id()"}, "query": local}}),
               [("todos", "SELECT id FROM todos WHERE list_id IN (SELECT id FROM lists WHERE owner = auth.user_id())")], LISTS, TWO)
    m.accepted("e3-own-local-cte-hides-global", ["7"],
               m.yaml_of(3, {"s": {"auto_subscribe": "true", "with": {"mine": "SELECT id FROM lists WHERE name = 'three'"}, "query": local},
                             "t": {"auto_subscribe": "true", "query": "SELECT id, name FROM lists WHERE id IN mine"}},
                         with_={"mine": "SELECT id FROM lists WHERE owner = auth.user_id()"}),
               [("todos", "SELECT id FROM todos WHERE list_id IN (SELECT id FROM lists WHERE name = 'three')"),
                ("lists", "SELECT id, name FROM lists WHERE owner = auth.user_id()")], LISTS, TWO)
    m.accepted("e3-own-config-switches", ["29"],
               m.yaml_of(3, stream(pets), {"storage_version": "2", "timestamps_iso8601": "true", "timestamp_max_precision": "milliseconds",
                                           "versioned_bucket_ids": "true", "custom_postgres_types": "true", "fixed_json_extract": "true"}),
               [("pets", pets)], PETS, TWO)
    m.accepted("e3-own-sqlite-engine", ["30"], m.yaml_of(3, stream(pets), {"unstable_sqlite_expression_engine": "true"}),
               [("pets", pets)], PETS, TWO)
    m.accepted("e3-own-events-beside-streams", ["28"],
               m.yaml_of(3, stream(pets)) + "event_definitions:\n  e:\n    payloads:\n      - SELECT a FROM t\n", [("pets", pets)], PETS, TWO)


# ---- Editions 1 and 2 ----------------------------------------------------------------------------------------------------

def definition(*data, parameters=(), head="", name="b", extra=""):
    lines = [head + "bucket_definitions:", "  %s:" % name]
    if extra:
        lines.append("    " + extra)
    if len(parameters) == 1:
        lines.append("    parameters: " + parameters[0])
    elif parameters:
        lines.append("    parameters:")
        lines += ["      - " + p for p in parameters]
    lines.append("    data:")
    lines += ["      - " + d for d in data]
    return "\n".join(lines) + "\n"


def legacy(m):
    def case(name, covers, yaml, outputs, rows=PETS, clients=TWO, **more):
        m.accepted(name, covers, yaml, outputs, rows, clients, **more)

    uid = "SELECT request.user_id() AS uid"
    mine = ["SELECT id, kind FROM pets WHERE owner = bucket.uid"]
    own = [("pets", "SELECT id, kind FROM pets WHERE owner = auth.user_id()")]
    for edition in (1, 2):
        head = "config:\n  edition: 2\n" if edition == 2 else ""
        e = "e%d-own-" % edition
        case(e + "request-user", ["2"], definition(*mine, parameters=[uid], head=head), own)
        case(e + "global", ["1"], definition("SELECT id, n FROM pets WHERE n > 0", head=head), [("pets", "SELECT id, n FROM pets WHERE n > 0")])
        case(e + "table-parameters", ["3"],
             definition("SELECT id, title FROM todos WHERE list_id = bucket.list", parameters=["SELECT id AS list FROM lists WHERE owner = request.user_id()"], head=head),
             [("todos", "SELECT id, title FROM todos WHERE list_id IN (SELECT id FROM lists WHERE owner = auth.user_id())")], LISTS,
             later=[[m.update("lists", id="l1", owner="v", name="one")]])
        case(e + "json-each", ["15"],
             definition("SELECT id FROM pets WHERE kind = bucket.k", parameters=["SELECT value AS k FROM json_each(request.jwt() ->> 'kinds')"], head=head),
             [("pets", "SELECT id FROM pets WHERE kind IN auth.parameter('kinds')")],
             clients={"u": {"sub": "u", "kinds": ["cat"]}, "v": {"sub": "v"}})
        case(e + "alias", ["23"], definition("SELECT id, kind AS sort FROM pets AS animals", head=head), [("animals", "SELECT id, kind AS sort FROM pets")])
        case(e + "star-then-column", ["star"], definition("SELECT *, 'x' AS _rev FROM notes", head=head),
             [("notes", "SELECT id, body, 'x' AS _rev FROM notes")], {"notes": [{"id": "n", "body": "b", "_rev": "9"}]})
        case(e + "column-then-star", ["star"], definition("SELECT 'mine' AS body, * FROM notes", head=head),
             [("notes", "SELECT 'mine' AS body, id FROM notes")], {"notes": [{"id": "n", "body": "b", "_rev": "9"}]})
        case(e + "priority-key", ["24"], definition(*mine, parameters=[uid], head=head, extra="priority: 0"), own)
        case(e + "two-priorities", ["24"],
             definition(*mine, parameters=["SELECT request.user_id() AS uid, 0 AS _priority", "SELECT request.jwt() ->> 'other' AS uid, 2 AS _priority"], head=head),
             own + [("pets", "SELECT id, kind FROM pets WHERE owner = auth.parameter('other')")], clients={"u": {"sub": "u", "other": "v"}})
        case(e + "parameters-in-other-order", ["8"],
             definition("SELECT id FROM pets WHERE owner = bucket.o AND kind = bucket.k",
                        parameters=["SELECT owner AS o, kind AS k FROM rights WHERE usr = request.user_id()",
                                    "SELECT kind AS k, owner AS o FROM grants WHERE usr = request.user_id()"], head=head),
             [("pets", "SELECT pets.id FROM pets JOIN rights USING (owner, kind) WHERE usr = auth.user_id()"),
              ("pets", "SELECT pets.id FROM pets JOIN grants USING (owner, kind) WHERE usr = auth.user_id()")],
             dict(PETS, rights=[{"id": "1", "owner": "u", "kind": "cat", "usr": "u"}], grants=[{"id": "1", "owner": "u", "kind": "dog", "usr": "u"}]))
        case(e + "row-array", ["12"], definition("SELECT id FROM pets WHERE bucket.tag IN tags", parameters=["SELECT request.jwt() ->> 'tag' AS tag"], head=head),
             [("pets", "SELECT id FROM pets WHERE auth.parameter('tag') IN (SELECT value FROM json_each(tags))")],
             clients={"u": {"sub": "u", "tag": "a"}, "v": {"sub": "v", "tag": "b"}})
        case(e + "column-named-like-parameter", ["3"],
             definition("SELECT id, kind FROM pets WHERE owner = bucket.owner AND kind = 'cat'", parameters=["SELECT owner FROM rights WHERE usr = request.user_id()"], head=head),
             [("pets", "SELECT id, kind FROM pets WHERE owner IN (SELECT owner FROM rights WHERE usr = auth.user_id()) AND kind = 'cat'")],
             dict(PETS, rights=[{"id": "1", "owner": "u", "usr": "v"}]))
        case(e + "static-without-outputs", ["2"], definition("SELECT id FROM pets", parameters=["\"SELECT WHERE request.jwt() ->> 'role' = 'staff'\""], head=head),
             [("pets", "SELECT id FROM pets WHERE auth.parameter('role') = 'staff'")], clients={"u": {"sub": "u", "role": "staff"}, "v": {"sub": "v"}})
        case(e + "schema-qualified", ["22"], definition("SELECT id FROM crm.leads", head=head), [("leads", 'SELECT id FROM "crm.leads"')],
             {"crm.leads": [{"id": "x"}], "leads": [{"id": "y"}]})
    case("e1-own-user-parameters", ["12"],
         definition("SELECT id FROM pets WHERE owner = bucket.uid AND kind = bucket.kind",
                    parameters=["SELECT request.user_id() AS uid, user_parameters.kind AS kind"]),
         [("pets", "SELECT id FROM pets WHERE owner = auth.user_id() AND kind = connection.parameter('kind')")],
         clients={"u": {"auth": {"sub": "u"}, "connection": {"kind": "dog"}}})
    case("e1-own-token-parameters", ["2"], definition("SELECT id FROM pets WHERE kind = bucket.kind", parameters=["SELECT token_parameters.kind"]),
         [("pets", "SELECT id FROM pets WHERE kind = auth.parameter('$.parameters.kind')")],
         clients={"u": {"sub": "u", "parameters": {"kind": "cat"}}, "v": {"sub": "v"}})
    case("e1-own-request-parameter", ["2"],
         definition("SELECT id FROM pets WHERE kind = bucket.kind AND owner = bucket.uid",
                    parameters=["SELECT request.parameter('kind') AS kind, request.user_id() AS uid"]),
         [("pets", "SELECT id FROM pets WHERE owner = auth.user_id() AND kind = connection.parameter('kind')")],
         clients={"u": {"auth": {"sub": "u"}, "connection": {"kind": "dog"}}})
    case("e1-own-json-null", ["29"], definition("SELECT id, j ->> 'n' AS t, j -> 'n' AS j, j ->> 'a.b' AS deep FROM docs"),
         [("docs", "SELECT id, CASE WHEN json_type(j, '$.n') = 'null' THEN 'null' ELSE j ->> '$.n' END AS t, CASE WHEN json_type(j, '$.n') != 'null' THEN j -> '$.n' END AS j, j ->> '$.a.b' AS deep FROM docs")],
         {"docs": [{"id": "1", "j": '{"n":null,"a":{"b":2}}'}, {"id": "2", "j": '{"n":"null","a.b":3}'}, {"id": "3", "j": "{}"}]})
    case("e2-own-fixed-json-off", ["29"], definition("SELECT id, j ->> 'a.b' AS deep FROM docs", head="config:\n  edition: 2\n  fixed_json_extract: false\n"),
         [("docs", "SELECT id, j ->> '$.a.b' AS deep FROM docs")], {"docs": [{"id": "1", "j": '{"a":{"b":2}}'}, {"id": "2", "j": '{"a.b":3}'}]})
    s2 = m.yaml_of(2, stream("SELECT id, kind FROM pets WHERE owner = auth.user_id() OR kind IN (SELECT kind FROM likes WHERE usr = auth.user_id())"))
    case("e2-own-stream-subquery", ["3"], s2,
         [("pets", "SELECT id, kind FROM pets WHERE owner = auth.user_id() OR kind IN (SELECT kind FROM likes WHERE usr = auth.user_id())")],
         dict(PETS, likes=[{"id": "x", "usr": "v", "kind": "cat"}]))
    case("e2-own-stream-and-buckets", ["26"], definition(*mine, parameters=[uid], head="config:\n  edition: 2\n") +
         "streams:\n  s:\n    auto_subscribe: true\n    query: SELECT id, name FROM lists\n", own + [("lists", "SELECT id, name FROM lists")], dict(PETS, **LISTS))


# ---- Wildcards, schemas, connections -----------------------------------------------------------------------------------

def wildcards(m):
    logs = {"log_24": [{"id": "a", "v": 1}], "log_25": [{"id": "a", "v": 2}, {"id": "b", "v": 3}], "logs": [{"id": "z", "v": 9}]}
    real = [("log_24", "SELECT id, v FROM log_24"), ("log_25", "SELECT id, v FROM log_25")]
    m.accepted("e3-own-wildcard", ["20"], m.yaml_of(3, stream("'SELECT * FROM \"log_%\"'")), real, logs,
               later=[[m.update("log_25", id="a", v=5)], [m.delete("log_24", id="a")]]
)
    m.accepted("e3-own-wildcard-names", ["21"],
               m.yaml_of(3, stream("SELECT l.table_name() || '/' || id AS id, l.table_suffix() AS year, l.schema() AS place, v FROM \"log_%\" AS \"l\"")),
               [("l", "SELECT 'log_24/' || id AS id, '24' AS year, 'public' AS place, v FROM log_24"),
                ("l", "SELECT 'log_25/' || id AS id, '25' AS year, 'public' AS place, v FROM log_25")], logs)
    m.accepted("e3-own-wildcard-key", ["21"], m.yaml_of(3, stream("SELECT id, v FROM \"log_%\" AS \"l\" WHERE l.table_suffix() = auth.parameter('year')")),
               [("l", "SELECT id, v FROM log_25 WHERE '25' = auth.parameter('year')"), ("l", "SELECT id, v FROM log_24 WHERE '24' = auth.parameter('year')")],
               logs, {"u": {"sub": "u", "year": "24"}, "v": {"sub": "v", "year": "25"}, "w": {"sub": "w"}})
    m.accepted("e3-own-wildcard-lookup", ["20"], m.yaml_of(3, stream("SELECT id, kind FROM pets WHERE owner IN (SELECT boss FROM \"team_%\" WHERE usr = auth.user_id())")),
               [("pets", "SELECT id, kind FROM pets WHERE owner IN (SELECT boss FROM team_a WHERE usr = auth.user_id() UNION SELECT boss FROM team_b WHERE usr = auth.user_id())")],
               dict(PETS, team_a=[{"id": "1", "boss": "u", "usr": "v"}], team_b=[{"id": "1", "boss": "v", "usr": "u"}]), TWO,
               later=[[m.delete("team_a", id="1")]])
    m.accepted("e3-own-schema-wildcard", ["21"], m.yaml_of(3, stream("SELECT o.schema() || id AS id, o.table_name() AS t FROM \"tenant_%\".orders AS \"o\"")),
               [("o", "SELECT 'tenant_a' || id AS id, 'orders' AS t FROM \"tenant_a.orders\""), ("o", "SELECT 'tenant_b' || id AS id, 'orders' AS t FROM \"tenant_b.orders\"")],
               {"tenant_a.orders": [{"id": "1"}], "tenant_b.orders": [{"id": "1"}], "orders": [{"id": "9"}]})
    m.accepted("e3-own-metadata-of-one-table", ["21"],
               m.yaml_of(3, stream("SELECT id, pets.table_name() AS t, pets.schema() AS s, pets.table_suffix() AS x FROM pets")),
               [("pets", "SELECT id, 'pets' AS t, 'public' AS s, '' AS x FROM pets")], PETS)
    m.accepted("e3-own-default-connection", ["22"], m.yaml_of(3, stream("SELECT id FROM \"default.crm\".leads")), [("leads", 'SELECT id FROM "crm.leads"')],
               {"crm.leads": [{"id": "x"}], "leads": [{"id": "y"}]})
    m.accepted("e3-own-other-connection", ["22"], m.yaml_of(3, stream("SELECT id FROM \"archive.crm\".leads", "SELECT id FROM leads")), [("leads", "SELECT id FROM leads")],
               {"crm.leads": [{"id": "x"}], "leads": [{"id": "y"}]})
    for edition in (1, 2):
        head = "config:\n  edition: 2\n" if edition == 2 else ""
        m.accepted("e%d-own-wildcard-suffix" % edition, ["20"],
                   definition("SELECT id, v, _table_suffix AS year FROM \"log_%\" WHERE _table_suffix = bucket.year", parameters=["SELECT request.jwt() ->> 'year' AS year"], head=head),
                   [("log_24", "SELECT id, v, '24' AS year FROM log_24 WHERE '24' = auth.parameter('year')"),
                    ("log_25", "SELECT id, v, '25' AS year FROM log_25 WHERE '25' = auth.parameter('year')")],
                   logs, {"u": {"sub": "u", "year": "24"}, "v": {"sub": "v", "year": "25"}})


# ---- YAML ----------------------------------------------------------------------------------------------------------------

def yaml_forms(m):
    pets = "SELECT id, kind FROM pets WHERE owner = auth.user_id()"
    head = "config: {edition: 3}\nstreams:\n"

    def case(name, text):
        m.accepted("e3-own-yaml-" + name, ["yaml"], head + text, [("pets", pets)], PETS, TWO)

    case("literal", "  s:\n    auto_subscribe: true\n    query: |2-\n      SELECT id,\n        kind\n      FROM pets -- a comment: here\n      WHERE owner = auth.user_id()\n")
    case("folded", "  s:\n    auto_subscribe: true\n    query: >+\n      SELECT id, kind\n\n        FROM pets\n      WHERE owner = auth.user_id()\n\n")
    case("double", "  s:\n    auto_subscribe: True\n    query: \"SELECT id, \\\"kind\\\" \\\n      FROM pets WHERE owner = auth.user_\\u0069d()\"\n")
    case("single", "  s:\n    auto_subscribe: true\n    query: 'SELECT id, kind FROM pets\n      WHERE owner = auth.user_id() OR id = ''nothing'''\n")
    case("plain-lines", "  s:\n    auto_subscribe: true\n    query: SELECT id, kind\n      FROM pets\n      WHERE owner = auth.user_id()\n")
    case("flow", "  {s: {auto_subscribe: true, query: \"SELECT id, kind FROM pets WHERE owner = auth.user_id()\"}}\n")
    case("anchor", "  s: &s\n    auto_subscribe: true\n    query: &q SELECT id, kind FROM pets WHERE owner = auth.user_id()\n  t: {auto_subscribe: true, queries: [*q]}\n")
    case("tags", "  !!str s:\n    auto_subscribe: !!bool true\n    query: !!str SELECT id, kind FROM pets WHERE owner = auth.user_id()\n")
    case("dangerous-tag", "  s:\n    auto_subscribe: true\n    query: !accept_potentially_dangerous_queries SELECT id, kind FROM pets WHERE owner = auth.user_id()\n")
    case("windows-lines", "  s:\n    auto_subscribe: true\n    query: |\n      SELECT id, kind\n      FROM pets\n      WHERE owner = auth.user_id()\n".replace("\n", "\r\n"))
    case("document-marks", "  s:\n    auto_subscribe: true\n    query: |\n      SELECT id, kind FROM pets\n      WHERE owner = auth.user_id()\n...\n")


# ---- What must be rejected, and where ------------------------------------------------------------------------------------

def rejections(m):
    def case(name, covers, sql, text, code=None, **options):
        m.rejected("e3-own-err-" + name, covers, m.yaml_of(3, stream(sql, **options)), (code, text))

    base = "SELECT todos.id FROM todos "
    case("left-join", ["5"], base + "LEFT JOIN lists ON lists.id = todos.list_id", "LEFT JOIN lists ON lists.id = todos.list_id")
    case("right-join", ["5"], base + "RIGHT JOIN lists ON lists.id = todos.list_id", "RIGHT JOIN lists ON lists.id = todos.list_id")
    case("full-join", ["5"], base + "FULL JOIN lists ON lists.id = todos.list_id", "FULL JOIN lists ON lists.id = todos.list_id")
    case("two-tables-out", ["5"], "SELECT todos.id, lists.name FROM todos JOIN lists ON lists.id = todos.list_id", "lists.name")
    case("group-by", ["19"], "SELECT list_id AS id FROM todos GROUP BY list_id", "GROUP BY list_id")
    case("having", ["19"], "SELECT id FROM todos HAVING id = '1'", "HAVING id = '1'")
    case("aggregate", ["19"], "SELECT id, count(*) AS n FROM todos", "count(*)")
    case("window", ["19"], "SELECT id, row_number() OVER (ORDER BY id) AS n FROM todos", "row_number() OVER (ORDER BY id)")
    case("order-by", ["19"], "SELECT id FROM todos ORDER BY title", "ORDER BY title")
    case("limit", ["19"], "SELECT id FROM todos LIMIT 10", "10")
    case("offset", ["19"], "SELECT id FROM todos LIMIT 10 OFFSET 5", "5")
    case("scalar-subquery", ["4"], "SELECT id, (SELECT name FROM lists) AS n FROM todos", "(SELECT name FROM lists)")
    case("syntax", ["yaml"], "SELECT id FROM WHERE todos", "WHERE")
    case("match-operator", ["operators"], "SELECT id FROM todos WHERE title ~ 'a'", "~ 'a'")
    case("placeholder", ["25"], "SELECT id FROM todos WHERE list_id = $1", "$1")
    case("unknown-function", ["19"], "SELECT id, frobnicate(title) AS x FROM todos", "frobnicate")
    case("random", ["19"], "SELECT id, random() AS x FROM todos", "random")
    case("now", ["19"], "SELECT id FROM todos WHERE at < now()", "now()")
    case("arity", ["19"], "SELECT id, length(title, 2) AS x FROM todos", "length(title, 2)")
    case("request-output", ["23"], "SELECT id, auth.user_id() AS me FROM todos", "auth.user_id()")
    case("request-order", ["5"], "SELECT id FROM todos WHERE at > auth.parameter('since')", "at > auth.parameter('since')")
    case("request-function", ["2"], "SELECT id FROM todos WHERE owner = request.user_id()", "request.user_id")
    case("unknown-alias", ["5"], "SELECT id FROM todos WHERE other.owner = auth.user_id()", "other")
    case("ambiguous", ["5"], "SELECT todos.id FROM todos, lists WHERE owner = auth.user_id()", "owner")
    case("two-columns-in", ["4"], "SELECT id FROM todos WHERE id IN (SELECT a, b FROM lists)", "SELECT a, b FROM lists")
    case("table-function", ["16"], "SELECT todos.id FROM todos, regexp_split(todos.title) AS t", "regexp_split")
    case("no-id", ["23"], "SELECT title FROM todos", "title")
    case("no-table", ["1"], "SELECT 1 AS id", "SELECT 1 AS id")
    case("cast-type", ["cast"], "SELECT id, CAST(at AS interval) AS x FROM todos", "interval")
    case("not-select", ["1"], "DELETE FROM todos", "DELETE")
    case("update", ["1"], "UPDATE todos SET a = 1", "UPDATE")
    case("second-statement", ["yaml"], "SELECT id FROM todos; SELECT id FROM lists", "SELECT id FROM lists", "BH6010")
    case("distinct-on", ["19"], "SELECT DISTINCT ON (a) id FROM todos", "DISTINCT ON")
    case("case-without-end", ["17"], "SELECT id, CASE WHEN a THEN 1 AS x FROM todos", " AS x")
    case("unclosed-text", ["yaml"], "SELECT id FROM todos WHERE a = 'x", "'x")
    case("natural-join", ["5"], "SELECT todos.id FROM todos NATURAL JOIN lists", "NATURAL JOIN")
    case("priority-text", ["24"], "SELECT id FROM todos", "high", "BH6005", priority="high")
    case("priority-range", ["24"], "SELECT id FROM todos", "4", "BH6005", priority="4")
    case("flag-text", ["26"], "SELECT id FROM todos", "maybe", "BH6005", accept_potentially_dangerous_queries="maybe")
    case("unknown-stream-key", ["yaml"], "SELECT id FROM todos", "parameters", "BH6003", parameters="x")

    def yaml(name, covers, text, *places):
        m.rejected("e3-own-err-" + name, covers, text, *places)

    head = "config:\n  edition: 3\n"
    yaml("no-streams", ["26"], head, ("BH6004", "config"))
    yaml("streams-list", ["yaml"], head + "streams:\n  - query: SELECT id FROM a\n", ("BH6005", "query"))
    yaml("empty-queries", ["8"], head + "streams:\n  s:\n    queries: [ ]\n", ("BH6005", "[ ]"))
    yaml("no-query", ["8"], head + "streams:\n  s:\n    auto_subscribe: true\n", ("BH6004", "s:\n    auto_subscribe: true"))
    yaml("unknown-config", ["29"], head + "  editions: 3\nstreams:\n  s:\n    query: SELECT id FROM a\n", ("BH6003", "editions"))
    yaml("storage-version", ["29"], head + "  storage_version: 1\nstreams:\n  s:\n    query: SELECT id FROM a\n", ("BH6005", "1"))
    yaml("precision-name", ["29"], head + "  timestamp_max_precision: days\nstreams:\n  s:\n    query: SELECT id FROM a\n", ("BH6005", "days"))
    yaml("precision-without-iso", ["29"], head + "  timestamps_iso8601: false\n  timestamp_max_precision: seconds\nstreams:\n  s:\n    query: SELECT id FROM a\n", ("BH6008", "seconds"))
    yaml("engine-without-json", ["30"], head + "  fixed_json_extract: false\n  unstable_sqlite_expression_engine: true\nstreams:\n  s:\n    query: SELECT id FROM a\n", ("BH6008", "true"))
    yaml("with-list", ["7"], head + "with:\n  - SELECT id FROM a\nstreams:\n  s:\n    query: SELECT id FROM a\n", ("BH6005", "SELECT id FROM a"))
    yaml("cte-uses-cte", ["7"], head + "with:\n  a: SELECT id FROM x\n  b: SELECT id FROM y JOIN a ON a.id = y.a\nstreams:\n  s:\n    query: SELECT id FROM t WHERE id IN b\n", ("BH6011", "a ON"))
    yaml("cte-syntax", ["7"], head + "with:\n  a: SELEC id FROM x\nstreams:\n  s:\n    query: SELECT id FROM t\n", ("BH1001", "SELEC"))
    yaml("not-yaml", ["yaml"], head + "streams:\n  s: [1, 2\n  t: 3\n", ("BH6001", "t: 3"))
    yaml("second-document", ["yaml"], head + "streams:\n  s:\n    query: SELECT id FROM a\n---\nmore: 1\n", ("BH6001", "more"))
    yaml("unclosed-quote", ["yaml"], head + "streams:\n  s:\n    query: \"SELECT id FROM a\n", ("BH6001", "\"SELECT"))
    yaml("number-as-query", ["yaml"], head + "streams:\n  s:\n    query: 5\n", (None, "5"))
    yaml("map-as-query", ["yaml"], head + "streams:\n  s:\n    query: {a: b}\n", ("BH6005", "{a: b}"))
    yaml("escaped-place", ["yaml"], head + "streams:\n  s:\n    query: \"SELECT \\\"id\\\", nope(\\u0031) AS x FROM a\"\n", (None, "nope"))
    yaml("folded-place", ["yaml"], head + "streams:\n  s:\n    query: >-\n      SELECT id\n\n      FROM a\n      WHERE nope(1)\n", (None, "nope"))
    yaml("single-quoted-place", ["yaml"], head + "streams:\n  s:\n    query: 'SELECT id, ''x'' AS x, nope() AS y FROM a'\n", (None, "nope"))


def legacy_rejections(m):
    def case(name, covers, text, *places, edition=1):
        head = "config:\n  edition: 2\n" if edition == 2 else ""
        m.rejected("e%d-own-err-%s" % (edition, name), covers, head + text, *places)

    uid = ["SELECT request.user_id() AS uid"]
    for edition in (1, 2):
        case("data-join", ["5"], definition("SELECT a.id FROM a JOIN b ON a.b = b.id"), ("BH6005", "SELECT a.id FROM a JOIN b ON a.b = b.id"), edition=edition)
        case("data-missing", ["1"], "bucket_definitions:\n  b:\n    priority: 1\n", ("BH6004", "b:"), edition=edition)
        case("function-of-parameter", ["3"], definition("SELECT id FROM a WHERE upper(bucket.uid) = owner", parameters=uid), ("BH6015", "bucket.uid"), edition=edition)
        case("parameter-not-in", ["3"], definition("SELECT id FROM a WHERE bucket.uid NOT IN a.list", parameters=uid), ("BH6015", "bucket.uid"), edition=edition)
        case("parameter-star", ["3"], definition("SELECT id FROM a WHERE x = bucket.x", parameters=["SELECT * FROM t"]), ("BH6007", "*"), edition=edition)
        case("parameter-needs-alias", ["3"], definition("SELECT id FROM a WHERE x = bucket.x", parameters=["SELECT request.user_id()"]), ("BH6012", "request.user_id()"), edition=edition)
        case("priority-twice", ["24"], definition("SELECT id FROM a WHERE x = bucket.uid", parameters=[uid[0] + ", 1 AS _priority"], extra="priority: 2"), ("BH6017", "1 AS _priority"), edition=edition)
        case("priority-column", ["24"], definition("SELECT id FROM a WHERE x = bucket.uid", parameters=[uid[0] + ", 7 AS _priority"]), ("BH6005", "7 AS _priority"), edition=edition)
        case("unknown-key", ["yaml"], definition("SELECT id FROM a", extra="params: x"), ("BH6003", "params"), edition=edition)
        case("no-id", ["3"], definition("SELECT name FROM a"), (None, "name"), edition=edition)
        case("with", ["7"], "with:\n  x: SELECT id FROM a\n" + definition("SELECT id FROM a"), ("BH6006", "with"), edition=edition)
    case("name-of-bucket-and-stream", ["8"], definition("SELECT id FROM a", name="s") + "streams:\n  s:\n    query: SELECT id FROM a\n", ("BH6002", "s:\n    query"), edition=2)
    case("engine", ["30"], "config:\n  unstable_sqlite_expression_engine: true\n" + definition("SELECT id FROM a"), ("BH6006", "true"))
    case("event-tables", ["28"], definition("SELECT id FROM a") + "event_definitions:\n  e:\n    payloads:\n      - SELECT a FROM t\n      - SELECT b FROM t\n", ("BH6018", "SELECT b FROM t"))


def warnings(m):
    def case(name, covers, yaml, outputs, rows, *places, **more):
        m.accepted(name, covers, yaml, outputs, rows, warnings=places, **more)

    case("e3-own-warn-unknown-column", ["32"], m.yaml_of(3, stream("SELECT id, titel FROM todos")), [("todos", "SELECT id, titel FROM todos")],
         {"todos": [{"id": "1", "titel": "x"}]}, ("BH6033", "titel"), schema="CREATE TABLE todos (id text PRIMARY KEY, title text)")
    case("e3-own-warn-unknown-table", ["32"], m.yaml_of(3, stream("SELECT id FROM todoz")), [("todoz", "SELECT id FROM todoz")],
         {"todoz": [{"id": "1"}]}, ("BH6032", "todoz"), schema="CREATE TABLE todos (id text PRIMARY KEY, title text)")
    case("e3-own-warn-suffix", ["21"], m.yaml_of(3, stream("SELECT id, todos.table_suffix() AS s FROM todos")), [("todos", "SELECT id, '' AS s FROM todos")],
         {"todos": [{"id": "1"}]}, ("BH6040", "todos.table_suffix()"))
    case("e3-own-warn-alias-in-join", ["23"],
         m.yaml_of(3, stream("SELECT t.id FROM todos AS t JOIN lists ON lists.id = t.list_id WHERE lists.owner = auth.user_id()")),
         [("t", "SELECT t.id FROM todos AS t JOIN lists ON lists.id = t.list_id WHERE lists.owner = auth.user_id()")], LISTS, ("BH6039", "t JOIN"))
    case("e3-own-warn-client-value", ["32"], m.yaml_of(3, stream("SELECT id FROM todos WHERE list_id = connection.parameter('list')")),
         [("todos", "SELECT id FROM todos WHERE list_id = connection.parameter('list')")], LISTS, ("BH6037", "connection.parameter('list')"))
    case("e3-own-warn-named-by-text", ["23"], m.yaml_of(3, stream("SELECT id, length(title) FROM todos")),
         [("todos", "SELECT id, length(title) FROM todos")], LISTS, ("BH6035", "length(title)"))
    case("e3-own-type-is-advice", ["32"], m.yaml_of(3, stream("SELECT id FROM todos WHERE n = 'x'")), [("todos", "SELECT id FROM todos WHERE n = 'x'")],
         {"todos": [{"id": "1", "n": "x"}, {"id": "2", "n": 1}]}, schema="CREATE TABLE todos (id text PRIMARY KEY, n integer)")
