#include "compiler/driver/client_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace bulkhead::driver {
namespace {

// ---- Columns
// ---------------------------------------------------------------------------------------------------------

constexpr uint8_t IntegerBit = 2, NumberBits = 6;

ColumnType TypeOf(schema::TypeKind kind) {
  switch (kind) {
    case schema::TypeKind::Integer:
    case schema::TypeKind::Boolean:
      return ColumnType::Integer;
    case schema::TypeKind::Real:
      return ColumnType::Real;
    default:
      return ColumnType::Text;
  }
}

class Collector {
 public:
  explicit Collector(const Compilation& c) : c_(c) {}

  std::vector<ClientTable> Tables() {
    for (const ir::Stream& stream : c_.module.streams) {
      for (const ir::Query& query : stream.queries) {
        for (ir::SelectId arm : query.arms) AddSelect(c_.module.selects[arm]);
      }
    }
    std::vector<ClientTable> tables;
    for (auto& [name, table] : tables_) tables.push_back(std::move(table));
    return tables;
  }

 private:
  void AddSelect(const ir::Select& select) {
    std::string name = select.output_table;
    if (name.empty()) name = std::get<ir::TableSource>(c_.module.occurrences[select.root].source).name;
    ClientTable& table = tables_.try_emplace(name, ClientTable{name, {}, false}).first->second;
    for (const ir::OutputColumn& output : select.outputs) {
      if (!output.value.HasValue())
        table.open = true;
      else if (output.name != "id")
        AddColumn(table, {output.name, TypeOfValue(output.value)});
    }
  }

  static void AddColumn(ClientTable& table, ClientColumn column) {
    auto same = [&](const ClientColumn& other) { return other.name == column.name; };
    auto known = std::find_if(table.columns.begin(), table.columns.end(), same);
    if (known == table.columns.end())
      table.columns.push_back(std::move(column));
    else if (known->type != column.type)
      known->type = ColumnType::Text;
  }

  ColumnType TypeOfValue(ir::ExprId id) const {
    const ir::Expr& expr = c_.module.exprs[id];
    if (const auto* column = std::get_if<ir::ColumnExpr>(&expr.kind)) {
      const auto* source = std::get_if<ir::TableSource>(&c_.module.occurrences[column->occurrence].source);
      if (source && source->table.HasValue()) {
        const schema::Table& table = c_.catalog.tables[source->table];
        auto index = table.FindColumn(column->column);
        return index ? TypeOf(table.columns[*index].type.kind) : ColumnType::Text;
      }
    }
    const uint8_t values = expr.facts.storage & static_cast<uint8_t>(~1);
    if (values == IntegerBit) return ColumnType::Integer;
    return values != 0 && (values & static_cast<uint8_t>(~NumberBits)) == 0 ? ColumnType::Real
                                                                            : ColumnType::Text;
  }

  const Compilation& c_;
  std::map<std::string, ClientTable> tables_;
};

// ---- Spelling
// --------------------------------------------------------------------------------------------------------

std::string_view Lower(ColumnType type) {
  return type == ColumnType::Text ? "text" : type == ColumnType::Integer ? "integer" : "real";
}
std::string_view Upper(ColumnType type) {
  return type == ColumnType::Text ? "TEXT" : type == ColumnType::Integer ? "INTEGER" : "REAL";
}

bool IsIdentifier(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// A name that every one of the languages takes for a variable, type or field.
std::string Identifier(std::string_view name) {
  std::string out;
  for (char c : name) out += IsIdentifier(std::string(1, c)) || (c >= '0' && c <= '9') ? c : '_';
  if (out.empty() || (out[0] >= '0' && out[0] <= '9')) out.insert(out.begin(), '_');
  return out;
}

std::string Pascal(std::string_view name) {
  std::string out;
  bool start = true;
  for (char c : Identifier(name)) {
    if (c == '_') {
      start = true;
      continue;
    }
    out += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    start = false;
  }
  return out.empty() || (out[0] >= '0' && out[0] <= '9') ? "T" + out : out;
}

// Between quotes of the kind; $ begins an expression in Kotlin and Dart.
std::string Quoted(std::string_view text, char quote, bool dollar = false) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote || c == '\\' || (dollar && c == '$')) out += '\\';
    out += c;
  }
  return out + quote;
}

std::string Unknown(const ClientTable& table, std::string_view comment) {
  return table.open
             ? fmt::format("{} The columns of `*` are not known without a schema: give --schema.\n", comment)
             : "";
}

// ---- Writers
// ---------------------------------------------------------------------------------------------------------

std::string Script(const std::vector<ClientTable>& tables, bool types) {
  std::string out = "import { column, Schema, Table } from '@powersync/web';\n";
  out += "// OR: import { column, Schema, Table } from '@powersync/react-native';\n\n";
  std::string all;
  for (const ClientTable& table : tables) {
    // Not every name of a table can be a variable's.
    const std::string variable = "table_" + Identifier(table.name);
    const std::string name = IsIdentifier(table.name) ? table.name : Quoted(table.name, '\'');
    out += Unknown(table, "//");
    out += fmt::format("const {} = new Table(\n  {{\n    // id column (text) is automatically included\n",
                       variable);
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const ClientColumn& column = table.columns[i];
      out += fmt::format("    {}: column.{}{}\n",
                         IsIdentifier(column.name) ? column.name : Quoted(column.name, '\''),
                         Lower(column.type), i + 1 < table.columns.size() ? "," : "");
    }
    out += "  },\n  { indexes: {} }\n);\n\n";
    all += fmt::format("{}  {}: {}", all.empty() ? "" : ",\n", name, variable);
  }
  out += "export const AppSchema = new Schema({\n" + all + "\n});\n";
  if (types) out += "\nexport type Database = (typeof AppSchema)['types'];\n";
  return out;
}
std::string JavaScript(const std::vector<ClientTable>& tables) {
  return Script(tables, false);
}
std::string TypeScript(const std::vector<ClientTable>& tables) {
  return Script(tables, true);
}

std::string Dart(const std::vector<ClientTable>& tables) {
  std::string out = "import 'package:powersync/powersync.dart';\n\nconst schema = Schema([\n";
  for (const ClientTable& table : tables) {
    out += Unknown(table, "  //") + fmt::format("  Table({}, [\n", Quoted(table.name, '\'', true));
    for (const ClientColumn& column : table.columns)
      out += fmt::format("    Column.{}({}),\n", Lower(column.type), Quoted(column.name, '\'', true));
    out += "  ]),\n";
  }
  return out + "]);\n";
}

std::string Kotlin(const std::vector<ClientTable>& tables) {
  std::string out =
      "import com.powersync.db.schema.Column\nimport com.powersync.db.schema.Schema\n"
      "import com.powersync.db.schema.Table\n\nval schema = Schema(\n";
  for (const ClientTable& table : tables) {
    out += Unknown(table, "  //") +
           fmt::format("  Table(\n    name = {},\n    columns = listOf(\n", Quoted(table.name, '"', true));
    for (const ClientColumn& column : table.columns)
      out += fmt::format("      Column.{}({}),\n", Lower(column.type), Quoted(column.name, '"', true));
    out += "    ),\n  ),\n";
  }
  return out + ")\n";
}

std::string Swift(const std::vector<ClientTable>& tables) {
  std::string out = "import PowerSync\n\nlet schema = Schema(\n";
  for (size_t i = 0; i < tables.size(); ++i) {
    out += Unknown(tables[i], "  //") +
           fmt::format("  Table(\n    name: {},\n    columns: [\n", Quoted(tables[i].name, '"'));
    for (const ClientColumn& column : tables[i].columns)
      out += fmt::format("      .{}({}),\n", Lower(column.type), Quoted(column.name, '"'));
    out += fmt::format("    ]\n  ){}\n", i + 1 < tables.size() ? "," : "");
  }
  return out + ")\n";
}

std::string DotNet(const std::vector<ClientTable>& tables) {
  std::string out = "using PowerSync.Common.DB.Schema;\n\nclass AppSchema\n{\n", all;
  for (const ClientTable& table : tables) {
    const std::string field = Pascal(table.name);
    out += Unknown(table, "    //");
    out += fmt::format("    public static Table {} = new Table(new Dictionary<string, ColumnType>\n    {{\n",
                       field);
    for (const ClientColumn& column : table.columns)
      out += fmt::format("        {{ {}, ColumnType.{} }},\n", Quoted(column.name, '"'), Upper(column.type));
    out += "    });\n\n";
    all += fmt::format("        {{ {}, {} }},\n", Quoted(table.name, '"'), field);
  }
  out += "    public static Schema PowerSyncSchema = new Schema(new Dictionary<string, Table>\n    {\n";
  return out + all + "    });\n}\n";
}

std::string Room(const std::vector<ClientTable>& tables) {
  std::string out =
      "import androidx.room.ColumnInfo\nimport androidx.room.Entity\nimport androidx.room.PrimaryKey\n";
  for (const ClientTable& table : tables) {
    out += "\n" + Unknown(table, "//");
    out += fmt::format("@Entity(tableName = {})\ndata class {}(\n  @PrimaryKey val id: String,\n",
                       Quoted(table.name, '"', true), Pascal(table.name));
    for (const ClientColumn& column : table.columns) {
      std::string_view type = column.type == ColumnType::Text   ? "String"
                              : column.type == ColumnType::Real ? "Double"
                                                                : "Long";
      out += fmt::format("  @ColumnInfo(name = {}) val `{}`: {}?,\n", Quoted(column.name, '"', true),
                         Identifier(column.name), type);
    }
    out += ")\n";
  }
  return out;
}

std::string SqlName(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

std::string SqlText(const std::vector<ClientTable>& tables) {
  std::string out;
  for (const ClientTable& table : tables) {
    out += Unknown(table, "--");
    out += fmt::format("CREATE TABLE IF NOT EXISTS {} (\n  \"id\" TEXT NOT NULL PRIMARY KEY",
                       SqlName(table.name));
    for (const ClientColumn& column : table.columns)
      out += fmt::format(",\n  {} {}", SqlName(column.name), Upper(column.type));
    out += "\n);\n";
  }
  return out;
}

}  // namespace

std::vector<ClientTable> ClientTables(const Compilation& compilation) {
  return Collector(compilation).Tables();
}

const std::vector<SchemaWriter>& SchemaWriters() {
  static const std::vector<SchemaWriter> writers = {
      {"kotlin", Kotlin}, {"swift", Swift},   {"dart", Dart}, {"ts", TypeScript},
      {"js", JavaScript}, {"dotnet", DotNet}, {"room", Room}, {"sql", SqlText}};
  return writers;
}

}  // namespace bulkhead::driver
