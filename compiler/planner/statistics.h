// How large and how busy tables are: measured (`bulkhead analyze`), or guessed from keys and foreign keys.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/ir/ir.h"
#include "compiler/schema/catalog.h"
#include "runtime/base/result.h"

namespace bulkhead::planner {

struct TableStatistics {
  double rows = 0;
  double changes_per_second = 0;
  std::map<std::string, double> distinct;  // values by column; those left out are guessed
};

struct Statistics {
  double connections = 1000;
  std::map<std::string, TableStatistics> tables;  // by qualified name; those left out are guessed
};

// {"connections": 1000, "tables": {"tasks": {"rows": 50000, "changes_per_second": 2, "distinct":
// {"project_id": 900}}}}. InvalidData for anything else, negative numbers, or what is too large.
Result<Statistics> ReadStatistics(std::string_view json);
// The same as text; stable.
std::string WriteStatistics(const Statistics& statistics);

// Answers for the tables of one catalog. Guesses: a table without foreign keys has 1,000 rows and every other
// ten for each row of the largest table it refers to; a unique column has as many values as rows, a foreign
// key as many as the table it refers to has rows, any other a tenth of the rows.
class Estimates {
 public:
  Estimates(const schema::Catalog& catalog, const Statistics& statistics)
      : catalog_(catalog), statistics_(statistics) {}

  double connections() const { return statistics_.connections; }
  double Rows(const ir::TableSource& table) const;
  double ChangesPerSecond(const ir::TableSource& table) const;
  // Different values of the column; at least 1.
  double Distinct(const ir::TableSource& table, std::string_view column) const;

 private:
  const TableStatistics* Find(const ir::TableSource& table) const;
  double GuessRows(schema::TableId table, int depth) const;

  const schema::Catalog& catalog_;
  const Statistics& statistics_;
};

}  // namespace bulkhead::planner
