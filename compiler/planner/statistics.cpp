#include "compiler/planner/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace bulkhead::planner {
namespace {

using nlohmann::json;

constexpr double RowsWithoutForeignKeys = 1000;
constexpr double ChildrenPerParent = 10;
constexpr double ChangesPerSecondPerRow = 1e-5;
constexpr int ForeignKeyDepthMax = 8;  // cycles of foreign keys end here
constexpr double NumberMax = 1e15;
constexpr size_t StatisticsBytesMax = 16 << 20;

Error Wrong(std::string what) {
  return {Code::InvalidData, "statistics: " + std::move(what)};
}

Result<double> NumberOf(const json& value, const std::string& what) {
  if (!value.is_number()) return Wrong(what + " is not a number");
  double number = value.get<double>();
  if (!(number >= 0 && number <= NumberMax)) return Wrong(what + " is out of range");
  return number;
}

Result<TableStatistics> TableOf(const json& object, const std::string& name) {
  if (!object.is_object()) return Wrong("table " + name + " is not an object");
  TableStatistics table;
  for (const auto& [key, value] : object.items()) {
    if (key == "rows") {
      BULKHEAD_TRY(table.rows, NumberOf(value, name + ".rows"));
    } else if (key == "changes_per_second") {
      BULKHEAD_TRY(table.changes_per_second, NumberOf(value, name + ".changes_per_second"));
    } else if (key == "distinct" && value.is_object()) {
      for (const auto& [column, count] : value.items()) {
        BULKHEAD_TRY(table.distinct[column], NumberOf(count, name + ".distinct." + column));
      }
    } else {
      return Wrong(fmt::format("`{}` of table {} is not known", key, name));
    }
  }
  return table;
}

}  // namespace

Result<Statistics> ReadStatistics(std::string_view text) {
  if (text.size() > StatisticsBytesMax)
    return Error{Code::LimitExceeded, "statistics: the file is too large"};
  json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return Wrong("this is not a JSON object");
  Statistics statistics;
  for (const auto& [key, value] : document.items()) {
    if (key == "connections") {
      BULKHEAD_TRY(statistics.connections, NumberOf(value, "connections"));
    } else if (key == "tables" && value.is_object()) {
      for (const auto& [name, table] : value.items()) {
        BULKHEAD_TRY(statistics.tables[name], TableOf(table, name));
      }
    } else {
      return Wrong(fmt::format("`{}` is not known; there are `connections` and `tables`", key));
    }
  }
  return statistics;
}

std::string WriteStatistics(const Statistics& statistics) {
  json tables = json::object();
  for (const auto& [name, table] : statistics.tables) {
    json object = {{"rows", table.rows}};
    if (table.changes_per_second > 0) object["changes_per_second"] = table.changes_per_second;
    if (!table.distinct.empty()) object["distinct"] = table.distinct;
    tables[name] = std::move(object);
  }
  return json{{"connections", statistics.connections}, {"tables", std::move(tables)}}.dump(2) + "\n";
}

const TableStatistics* Estimates::Find(const ir::TableSource& table) const {
  auto at = statistics_.tables.find(table.QualifiedName());
  return at == statistics_.tables.end() ? nullptr : &at->second;
}

double Estimates::Rows(const ir::TableSource& table) const {
  if (const TableStatistics* known = Find(table)) return std::max(1.0, known->rows);
  if (!table.table.HasValue()) return RowsWithoutForeignKeys * ChildrenPerParent;
  return GuessRows(table.table, 0);
}

double Estimates::GuessRows(schema::TableId id, int depth) const {
  double parents = 0;
  if (depth < ForeignKeyDepthMax) {
    for (const schema::ForeignKey& key : catalog_.tables[id].foreign_keys) {
      schema::TableId target = catalog_.Find(key.target_schema, key.target_table);
      if (target.HasValue() && !(target == id)) parents = std::max(parents, GuessRows(target, depth + 1));
    }
  }
  return parents > 0 ? parents * ChildrenPerParent : RowsWithoutForeignKeys;
}

double Estimates::ChangesPerSecond(const ir::TableSource& table) const {
  if (const TableStatistics* known = Find(table); known && known->changes_per_second > 0)
    return known->changes_per_second;
  return Rows(table) * ChangesPerSecondPerRow;
}

double Estimates::Distinct(const ir::TableSource& table, std::string_view column) const {
  const double rows = Rows(table);
  if (const TableStatistics* known = Find(table)) {
    if (auto at = known->distinct.find(std::string(column)); at != known->distinct.end())
      return std::clamp(at->second, 1.0, rows);
  }
  const double tenth = std::max(1.0, rows / ChildrenPerParent);
  if (!table.table.HasValue()) return column == "id" ? rows : tenth;
  const schema::Table& declared = catalog_.tables[table.table];
  auto is_it = [&](const std::vector<uint32_t>& key) {
    return key.size() == 1 && declared.columns[key[0]].name == column;
  };
  if (is_it(declared.RowKey()) || std::ranges::any_of(declared.uniques, is_it)) return rows;
  for (const schema::ForeignKey& key : declared.foreign_keys) {
    schema::TableId target = catalog_.Find(key.target_schema, key.target_table);
    if (is_it(key.columns) && target.HasValue()) return std::min(rows, GuessRows(target, 1));
  }
  return tenth;
}

}  // namespace bulkhead::planner
