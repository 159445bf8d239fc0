#include "compiler/ir/print.h"

#include <fmt/format.h>

#include <unordered_map>

#include "runtime/base/hash.h"

namespace bulkhead::ir {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// A name as SQL would need it: bare when it is a plain lower-case identifier.
std::string NameText(std::string_view name) {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  for (char c : name) plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (plain) return std::string(name);
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string_view PartName(RequestPart part) {
  switch (part) {
    case RequestPart::Auth:
      return "auth";
    case RequestPart::Connection:
      return "connection";
    case RequestPart::Subscription:
      return "subscription";
  }
  return "auth";
}

std::string TypeText(const schema::Type& type) {
  return type.spelling.empty() ? std::string(schema::TypeKindName(type.kind)) : type.spelling;
}

// Recursion follows the nesting of expressions and subqueries, which limits::ExpressionTreeDepthMax bounds.
class Printer {
 public:
  explicit Printer(const Module& module, OccurrenceNames names = {})
      : module_(module), given_names_(std::move(names)) {}

  void Queries(const Stream& stream) {
    for (const Query& query : stream.queries) WholeQuery(query);
  }
  void WholeQuery(const Query& query) {
    names_.clear();
    out_ += "  query\n";
    for (SelectId arm : query.arms) Arm(module_.selects[arm]);
  }
  void StreamHead(const Stream& stream) {
    out_ += fmt::format("stream {} priority {}{}\n", NameText(stream.name), stream.priority,
                        stream.auto_subscribe ? " auto" : "");
    for (const Parameter& parameter : stream.parameters) {
      out_ += fmt::format("  parameter {} {}{}", NameText(parameter.name), TypeText(parameter.type),
                          parameter.not_null ? " not null" : "");
      if (parameter.default_value.HasValue()) {
        out_ += " default ";
        Value(parameter.default_value);
      }
      out_ += '\n';
    }
  }
  void Claims() {
    for (const Claim& claim : module_.claims) {
      out_ += fmt::format("claim {} {}{}\n", NameText(claim.name), TypeText(claim.type),
                          claim.not_null ? " not null" : "");
    }
  }
  void Value(ExprId id) {
    std::visit(Match{
                   [&](const LiteralExpr& e) { out_ += PrintLiteral(e.value.view()); },
                   [&](const ColumnExpr& e) {
                     out_ += fmt::format("(column {} {})", NameOf(e.occurrence), NameText(e.column));
                   },
                   [&](const RequestExpr& e) { out_ += PartName(e.part); },
                   [&](const CallExpr& e) {
                     out_ += "(" + e.callee;
                     Values(e.args);
                     out_ += ')';
                   },
                   [&](const ExistsExpr& e) {
                     out_ += "(exists";
                     Subqueries(e.arms);
                     out_ += ')';
                   },
                   [&](const InSelectExpr& e) {
                     out_ += "(in_select (";
                     for (size_t i = 0; i < e.lhs.size(); ++i) {
                       if (i > 0) out_ += ' ';
                       Value(e.lhs[i]);
                     }
                     out_ += ')';
                     Subqueries(e.arms);
                     out_ += ')';
                   },
                   [&](const ErrorExpr&) { out_ += "<error>"; },
               },
               module_.exprs[id].kind);
  }
  std::string Take() { return std::move(out_); }

 private:
  void Values(const std::vector<ExprId>& values) {
    for (ExprId value : values) {
      out_ += ' ';
      Value(value);
    }
  }
  void Subqueries(const std::vector<SelectId>& arms) {
    for (SelectId arm : arms) Subquery(module_.selects[arm]);
  }
  void Subquery(const Select& select) {
    out_ += " (select";
    for (OccurrenceId id : select.from) {
      out_ += " (from ";
      Source(id);
      out_ += ')';
    }
    for (const LeftJoin& left : select.left) {
      out_ += ' ';
      Left(left);
    }
    ForEachConjunct(select.where, [&](ExprId conjunct) {
      out_ += " (where ";
      Value(conjunct);
      out_ += ')';
    });
    for (const OutputColumn& output : select.outputs) {
      out_ += " (output ";
      Output(output);
      out_ += ')';
    }
    out_ += ')';
  }
  void Arm(const Select& select) {
    out_ += "    select into " + NameText(select.output_table) + '\n';
    for (OccurrenceId id : select.from) {
      out_ += "      from ";
      Source(id);
      out_ += '\n';
    }
    for (const LeftJoin& left : select.left) {
      out_ += "      ";
      Left(left);
      out_ += '\n';
    }
    ForEachConjunct(select.where, [&](ExprId conjunct) {
      out_ += "      where ";
      Value(conjunct);
      out_ += '\n';
    });
    for (const OutputColumn& output : select.outputs) {
      out_ += "      output ";
      Output(output);
      out_ += '\n';
    }
    if (!select.root.HasValue()) return;
    out_ += "      root " + NameOf(select.root);
    if (select.output_id.HasValue()) {
      out_ += " id ";
      Value(select.output_id);
    }
    out_ += '\n';
  }
  void Output(const OutputColumn& output) {
    if (!output.value.HasValue()) {
      out_ += (output.legacy ? "legacy* " : "* ") + NameOf(output.star);
      return;
    }
    out_ += NameText(output.name) + ' ';
    Value(output.value);
  }
  void Left(const LeftJoin& left) {
    out_ += "(left";
    for (OccurrenceId id : left.occurrences) {
      out_ += " (from ";
      Source(id);
      out_ += ')';
    }
    out_ += " on ";
    Value(left.on);
    out_ += ')';
  }
  void Source(OccurrenceId id) {
    const Occurrence& occurrence = module_.occurrences[id];
    out_ += NameOf(id) + ' ';
    std::visit(Match{
                   [&](const TableSource& source) {
                     if (!source.connection.empty()) out_ += NameText(source.connection) + '.';
                     if (!source.schema_name.empty()) out_ += NameText(source.schema_name) + '.';
                     out_ += NameText(source.name);
                   },
                   [&](const FunctionSource& source) {
                     out_ += source.function + ' ';
                     Value(source.input);
                   },
                   [&](const QuerySource& source) { Derived(source); },
               },
               occurrence.source);
  }
  // (query [distinct] [group N (call [distinct] FIELD)… | top (partition FIELD…) (order FIELD…) LIMIT OFFSET] (select …)…)
  void Derived(const QuerySource& source) {
    out_ += source.distinct ? "(query distinct" : "(query";
    if (const auto* grouping = std::get_if<Grouping>(&source.head)) {
      out_ += fmt::format(" group {}", grouping->keys);
      for (const AggregateCall& call : grouping->calls)
        out_ += fmt::format(" ({}{} {})", call.function, call.distinct ? " distinct" : "", call.field);
    } else if (const auto* top = std::get_if<Top>(&source.head)) {
      out_ += fmt::format(" top (partition{}{})", top->partition.empty() ? "" : " ", fmt::join(top->partition, " "));
      for (const OrderTerm& term : top->order)
        out_ += fmt::format(" (order {}{}{})", term.field, term.descending ? " desc" : "",
                            term.nulls_last ? " nulls-last" : "");
      out_ += fmt::format(" {} {}", top->limit, top->offset);
    }
    Subqueries(source.arms);
    out_ += ')';
  }
  template <typename F>
  void ForEachConjunct(ExprId where, F use) {
    if (!where.HasValue()) return;
    const auto* call = std::get_if<CallExpr>(&module_.exprs[where].kind);
    if (!call || call->callee != "and") return use(where);
    for (ExprId arg : call->args) use(arg);
  }
  std::string NameOf(OccurrenceId id) {
    if (given_names_) return given_names_(id);
    return fmt::format("t{}", names_.try_emplace(id, names_.size()).first->second);
  }

  const Module& module_;
  OccurrenceNames given_names_;
  std::unordered_map<OccurrenceId, size_t> names_;
  std::string out_;
};

}  // namespace

std::string PrintLiteral(value::Value value) {
  switch (value.type()) {
    case value::Type::Null:
      return "NULL";
    case value::Type::Integer:
      return fmt::format("{}", value.integer());
    case value::Type::Real: {
      std::string text = fmt::format("{}", value.real());
      return text.find_first_of(".einf") == std::string::npos ? text + ".0" : text;
    }
    case value::Type::Text:
      return Quoted(value.bytes());
    case value::Type::Blob: {
      std::string_view bytes = value.bytes();
      return "X'" + HexLower(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) + "'";
    }
  }
  return "NULL";
}

std::string Print(const Module& module) {
  Printer printer(module);
  printer.Claims();
  for (const Stream& stream : module.streams) {
    printer.StreamHead(stream);
    printer.Queries(stream);
  }
  return printer.Take();
}

std::string Print(const Module& module, const Query& query) {
  Printer printer(module);
  printer.WholeQuery(query);
  return printer.Take();
}

std::string Print(const Module& module, ExprId expr) {
  return Print(module, expr, [](OccurrenceId id) { return fmt::format("t{}", id.index); });
}

std::string Print(const Module& module, ExprId expr, const OccurrenceNames& names) {
  Printer printer(module, names);
  printer.Value(expr);
  return printer.Take();
}

std::string Describe(const Module& module, OccurrenceId id) {
  const Occurrence& occurrence = module.occurrences[id];
  std::string name = std::visit(
      Match{
          [](const TableSource& source) {
            return source.QualifiedName();
          },
          [](const FunctionSource& source) { return source.function; },
          [](const QuerySource&) { return std::string("a query"); },
      },
      occurrence.source);
  return occurrence.alias.empty() || occurrence.alias == name ? name : name + " " + occurrence.alias;
}

}  // namespace bulkhead::ir
