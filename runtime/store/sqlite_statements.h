// The statements of a SQLite store. Private to the store.
#pragma once

#include "runtime/sqlite/database.h"

namespace bulkhead::store {

struct ReadStatements {
  sqlite::Statement head, find_bucket, bucket, bucket_name, operations, record, scan_first, scan_next, lookup,
      rows, weight;
};

// One connection that reads, with its statements.
struct Connection {
  sqlite::Database database;
  ReadStatements read;
};

struct WriteStatements {
  sqlite::Statement head, name, insert_bucket, update_bucket, put_record, delete_record, add_lookup,
      take_lookup, delete_lookup, add_row, take_row, put_row, delete_row, append;
};

Result<Connection> Prepare(sqlite::Database database);
Result<WriteStatements> PrepareWrites(sqlite::Database& database);

}  // namespace bulkhead::store
