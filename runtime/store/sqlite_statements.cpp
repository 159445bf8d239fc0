#include "runtime/store/sqlite_statements.h"

#include <string_view>

namespace bulkhead::store {

using sqlite::Database;
using sqlite::Statement;

Result<Connection> Prepare(Database database) {
  Connection made{std::move(database), {}};
  struct Entry {
    Statement ReadStatements::*statement;
    std::string_view sql;
  };
  static constexpr Entry Entries[] = {
      {&ReadStatements::head,
       "SELECT last_op, source_position, plan_digest, loaded, loading, load_epoch FROM head"},
      {&ReadStatements::find_bucket, "SELECT ref FROM buckets WHERE name = ?"},
      {&ReadStatements::bucket, "SELECT checksum, count, last_op FROM buckets WHERE ref = ?"},
      {&ReadStatements::bucket_name, "SELECT name FROM buckets WHERE ref = ?"},
      {&ReadStatements::operations,
       "SELECT op_id, kind, type, checksum, id, subkey, data FROM operations "
       "WHERE bucket = ? AND op_id > ? AND op_id <= ? ORDER BY op_id"},
      {&ReadStatements::record, "SELECT data FROM records WHERE source = ? AND key = ?"},
      {&ReadStatements::scan_first, "SELECT key, data FROM records WHERE source = ? ORDER BY key LIMIT ?"},
      {&ReadStatements::scan_next,
       "SELECT key, data FROM records WHERE source = ? AND key > ? ORDER BY key LIMIT ?"},
      {&ReadStatements::lookup, "SELECT output FROM lookups WHERE lookup = ? AND key = ? ORDER BY output"},
      {&ReadStatements::rows,
       "SELECT row, weight FROM arrangements WHERE arrangement = ? AND key = ? ORDER BY row"},
      {&ReadStatements::weight,
       "SELECT weight FROM arrangements WHERE arrangement = ? AND key = ? AND row = ?"},
  };
  for (const Entry& entry : Entries) {
    BULKHEAD_TRY(made.read.*entry.statement, made.database.Prepare(entry.sql));
  }
  return made;
}

Result<WriteStatements> PrepareWrites(Database& database) {
  WriteStatements made;
  struct Entry {
    Statement WriteStatements::*statement;
    std::string_view sql;
  };
  static constexpr Entry Entries[] = {
      {&WriteStatements::head,
       "UPDATE head SET last_op = ?, source_position = ?, plan_digest = ?, loaded = ?, loading = ?, "
       "load_epoch = ?"},
      {&WriteStatements::name, "INSERT INTO names VALUES (?, ?)"},
      {&WriteStatements::insert_bucket, "INSERT INTO buckets VALUES (NULL, ?, 0, 0, 0) RETURNING ref"},
      {&WriteStatements::update_bucket,
       "UPDATE buckets SET checksum = ?, count = ?, last_op = ? WHERE ref = ?"},
      {&WriteStatements::put_record, "REPLACE INTO records VALUES (?, ?, ?)"},
      {&WriteStatements::delete_record, "DELETE FROM records WHERE source = ? AND key = ?"},
      {&WriteStatements::add_lookup,
       "INSERT INTO lookups VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count"},
      {&WriteStatements::take_lookup,
       "UPDATE lookups SET count = count - 1 WHERE lookup = ? AND key = ? AND output = ? RETURNING count"},
      {&WriteStatements::delete_lookup, "DELETE FROM lookups WHERE lookup = ? AND key = ? AND output = ?"},
      {&WriteStatements::add_row, "INSERT OR IGNORE INTO arrangements VALUES (?, ?, ?, ?)"},
      {&WriteStatements::take_row,
       "DELETE FROM arrangements WHERE arrangement = ? AND key = ? AND row = ? AND weight = ?"},
      {&WriteStatements::put_row, "REPLACE INTO arrangements VALUES (?, ?, ?, ?)"},
      {&WriteStatements::delete_row,
       "DELETE FROM arrangements WHERE arrangement = ? AND key = ? AND row = ?"},
      {&WriteStatements::append, "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
  };
  for (const Entry& entry : Entries) {
    BULKHEAD_TRY(made.*entry.statement, database.Prepare(entry.sql));
  }
  return made;
}

}  // namespace bulkhead::store
