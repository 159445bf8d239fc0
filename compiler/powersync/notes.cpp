// What PowerSync's service does otherwise with a query: other rows, other values, an error. Each difference
// is noted once per query, at its first place.
#include <algorithm>
#include <functional>
#include <map>
#include <unordered_set>

#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"
#include "compiler/source/scanner.h"
#include "stdlib/functions/function.h"

namespace bulkhead::powersync {
namespace {

using ast::BinaryOp;

constexpr std::string_view Functions[] = {
    "base64",    "datetime",     "hex",       "ifnull",     "iif",    "instr",     "json_array_length",
    "json_each", "json_extract", "json_keys", "json_valid", "length", "lower",     "st_asgeojson",
    "st_astext", "st_x",         "st_y",      "substring",  "typeof", "unixepoch", "upper",
    "uuid_blob"};
constexpr std::string_view Schemas[] = {"auth", "connection", "subscription", "request"};
constexpr std::string_view Metadata[] = {"schema", "table_name", "table_suffix"};

template <size_t N>
bool OneOf(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool IsArithmetic(BinaryOp op) {
  return op == BinaryOp::Add || op == BinaryOp::Subtract || op == BinaryOp::Multiply ||
         op == BinaryOp::Divide;
}
bool IsOrder(BinaryOp op) {
  return op == BinaryOp::Less || op == BinaryOp::LessEqual || op == BinaryOp::Greater ||
         op == BinaryOp::GreaterEqual;
}
bool IsComparison(BinaryOp op) {
  return IsOrder(op) || op == BinaryOp::Equal || op == BinaryOp::NotEqual;
}
bool RefusedPerRow(BinaryOp op) {
  return op == BinaryOp::Modulo || op == BinaryOp::BitAnd || op == BinaryOp::BitOr ||
         op == BinaryOp::ShiftLeft || op == BinaryOp::ShiftRight;
}

class Notes {
 public:
  Notes(ast::Tree& tree, const source::Sources& sources, const Config& config,
        source::Diagnostics& diagnostics)
      : tree_(tree), sources_(sources), config_(config), diagnostics_(diagnostics) {}

  void Of(QueryId id) {
    if (tree_[id].arms.size() > 1) Note<DiagKind::RejectedForm>(tree_[id].span, "UNION");
    Visitor visitor;
    visitor.select = [&](ast::Select& select) { OfSelect(select); };
    visitor.from = [&](ast::FromItem& item) { OfFrom(item); };
    visitor.expr = [&](ExprId expr) { OfExpr(expr); };
    Walk(tree_, id, visitor);
    if (const ast::Select* select = SelectOf(tree_, id)) OfOutputs(*select);
  }

 private:
  // Once per query and kind, and message.
  template <DiagKind K, typename... Args>
  void Note(Span span, Args&&... args) {
    if (seen_.insert(static_cast<int>(K)).second) diagnostics_.Report<K>(span, std::forward<Args>(args)...);
  }
  bool streams() const { return config_.edition >= 3; }
  bool js_engine() const { return !config_.sqlite_engine; }

  void OfSelect(const ast::Select& select) {
    if (select.distinct)
      Note<DiagKind::DistinctIgnored>(Span{select.span.file, select.span.begin, select.span.begin + 6});
    Mark(select.where, conditions_);
    if (select.where.HasValue()) OfTruth(select.where);
    if (streams()) OfArrays(select.where);
  }

  void OfFrom(const ast::FromItem& item) {
    if (const auto* join = std::get_if<ast::JoinItem>(&item.kind)) Mark(join->on, conditions_);
    if (const auto* function = std::get_if<ast::FunctionItem>(&item.kind))
      Note<DiagKind::LossyIntegers>(tree_[function->call].span, "json_each");
    const auto* table = std::get_if<ast::TableItem>(&item.kind);
    if (!table) return;
    const std::string& schema = table->table.schema.text;
    if (streams() && schema.find('.') != std::string::npos && !schema.starts_with("default."))
      Note<DiagKind::TagForgotten>(table->table.span, table->table.Text());
    if (config_.edition == 2 && table->table.name.text.ends_with('%'))
      Note<DiagKind::WildcardEmpty>(table->table.span, table->table.name.text);
  }

  void OfOutputs(const ast::Select& select) {
    for (const ast::SelectItem& item : select.items) {
      const auto* expr = std::get_if<ast::ExprItem>(&item.kind);
      if (!expr || expr->alias.text != "id") continue;
      if (!tree_.As<ast::ColumnExpr>(expr->expr)) Note<DiagKind::NullIdEmpty>(item.span);
    }
  }

  // Which expressions are conditions, where NULL and false are one.
  void Mark(ExprId id, std::unordered_set<ExprId>& set) {
    if (!id.HasValue()) return;
    set.insert(id);
    if (const auto* logical = tree_.As<ast::LogicalExpr>(id)) {
      for (ExprId arg : logical->args) Mark(arg, set);
    }
    if (const auto* unary = tree_.As<ast::UnaryExpr>(id); unary && unary->op == ast::UnaryOp::Not)
      Mark(unary->operand, set);
  }

  // A bare value where a condition is wanted.
  void OfTruth(ExprId id) {
    if (const auto* logical = tree_.As<ast::LogicalExpr>(id)) {
      for (ExprId arg : logical->args) OfTruth(arg);
    }
    if (tree_.As<ast::ColumnExpr>(id) || tree_.As<ast::CallExpr>(id))
      Note<DiagKind::TruthOfText>(tree_[id].span);
  }

  // Two conditions on the elements of one array.
  void OfArrays(ExprId where) {
    const auto* both = where.HasValue() ? tree_.As<ast::LogicalExpr>(where) : nullptr;
    if (!both || both->op != ast::LogicalOp::And) return;
    std::map<std::string, int> arrays;
    for (ExprId id : both->args) {
      ExprId array;
      if (const auto* in = tree_.As<ast::InExpr>(id)) {
        if (const auto* value = std::get_if<ast::InValue>(&in->target)) array = value->value;
      }
      if (const auto* overlap = tree_.As<ast::BinaryExpr>(id); overlap && overlap->op == BinaryOp::Overlaps)
        array = tree_.As<ast::ColumnExpr>(overlap->lhs) ? overlap->lhs : overlap->rhs;
      const auto* column = array.HasValue() ? tree_.As<ast::ColumnExpr>(array) : nullptr;
      if (column && ++arrays[column->table.text + "." + column->column.text] == 2)
        Note<DiagKind::ArrayTwice>(tree_[id].span, column->column.text);
    }
  }

  void OfExpr(ExprId id) {
    const ast::Expr& expr = tree_[id];
    const Span span = expr.span;
    std::visit(Match{
                   [&](const ast::UnaryExpr& e) { OfUnary(id, e, span); },
                   [&](const ast::BinaryExpr& e) { OfBinary(id, e, span); },
                   [&](const ast::InExpr& e) { OfIn(id, e, span); },
                   [&](const ast::CallExpr& e) { OfCall(e, span); },
                   [&](const ast::CastExpr& e) { OfCast(e, span); },
                   [&](const ast::BetweenExpr& e) {
                     Note<DiagKind::TextOrder>(span);
                     if (e.negated && streams()) OfNot(id, span);
                   },
                   [&](const ast::IsTestExpr& e) {
                     if (e.test != ast::IsTest::Null && js_engine()) Note<DiagKind::IsTruth>(span);
                   },
                   [&](const ast::LogicalExpr&) {
                     if (!conditions_.contains(id) && js_engine()) Note<DiagKind::LogicStored>(span);
                   },
                   [&](const ast::LikeExpr&) { Note<DiagKind::RejectedForm>(span, "LIKE"); },
                   [&](const ast::ExistsExpr&) { Note<DiagKind::RejectedForm>(span, "EXISTS"); },
                   [&](const ast::QuantifiedExpr&) { Note<DiagKind::RejectedForm>(span, "ANY and ALL"); },
                   [](const auto&) {},
               },
               expr.kind);
  }

  void OfNot(ExprId id, Span span) {
    if (!js_engine()) return;
    if (conditions_.contains(id))
      Note<DiagKind::NotOfNull>(span);
    else
      Note<DiagKind::LogicStored>(span);
  }

  void OfUnary(ExprId id, const ast::UnaryExpr& expr, Span span) {
    if (expr.op != ast::UnaryOp::Not) return;
    const auto* inner = tree_.As<ast::UnaryExpr>(expr.operand);
    if (streams() && inner && inner->op == ast::UnaryOp::Not) Note<DiagKind::DoubleNegation>(span);
    OfNot(id, span);
  }

  void OfBinary(ExprId id, const ast::BinaryExpr& expr, Span span) {
    if (expr.op == BinaryOp::NotEqual && streams()) OfNot(id, span);
    if (RefusedPerRow(expr.op) && js_engine()) Note<DiagKind::OperatorFails>(span);
    if (expr.op == BinaryOp::Concat && js_engine()) Note<DiagKind::RealText>(span);
    if (IsOrder(expr.op)) Note<DiagKind::TextOrder>(span);
    if (IsArithmetic(expr.op) && (OfToken(expr.lhs) || OfToken(expr.rhs)))
      Note<DiagKind::LossyIntegers>(span, "a token");
    if (IsArithmetic(expr.op) && expr.op != BinaryOp::Divide && js_engine())
      Note<DiagKind::IntegerOverflow>(span);
    if (IsComparison(expr.op) && js_engine()) {
      if (tree_.As<ast::CastExpr>(expr.lhs) || tree_.As<ast::CastExpr>(expr.rhs))
        Note<DiagKind::CastAffinity>(span);
      if (MakesBlob(expr.lhs) || MakesBlob(expr.rhs)) Note<DiagKind::BlobsFail>(span);
    }
    if (expr.op == BinaryOp::JsonGet || expr.op == BinaryOp::JsonGetText) OfPath(expr.rhs);
  }

  void OfIn(ExprId id, const ast::InExpr& expr, Span span) {
    if (std::holds_alternative<ast::InList>(expr.target)) Note<DiagKind::InList>(span);
    if (expr.negated && std::holds_alternative<ast::InQuery>(expr.target))
      Note<DiagKind::RejectedForm>(span, "NOT IN with a subquery");
    else if (expr.negated && streams())
      OfNot(id, span);
    const auto* in = std::get_if<ast::InValue>(&expr.target);
    if (config_.edition == 1 && in && tree_.As<ast::ColumnExpr>(expr.value) &&
        !tree_.As<ast::ColumnExpr>(in->value))
      Note<DiagKind::NullInArray>(span);
  }

  void OfCall(const ast::CallExpr& call, Span span) {
    const std::string& name = call.function.name.text;
    if (call.function.schema.HasValue()) {
      if (!OneOf(Schemas, call.function.schema.text) && !OneOf(Metadata, name))
        Note<DiagKind::RejectedForm>(span, fmt::format("`{}`", call.function.Text()));
      return;
    }
    const bool refused = !OneOf(Functions, name) || (name == "json_valid" && streams());
    if (refused && functions::FindName(name)) Note<DiagKind::RejectedForm>(span, fmt::format("`{}`", name));
    if ((name == "upper" || name == "lower")) Note<DiagKind::CaseOfLetters>(span);
    if (js_engine() && (name == "length" || name == "substring" || name == "instr"))
      Note<DiagKind::CodeUnits>(span);
    if (name == "substring" && WrittenWithFrom(span)) Note<DiagKind::SubstringFrom>(span);
    if (name == "json_extract" && call.args.size() > 1) OfPath(call.args[1]);
  }

  void OfCast(const ast::CastExpr& cast, Span span) {
    if (!js_engine()) return;
    const std::string& type = cast.type.name;
    if (type == "integer") Note<DiagKind::CastFloor>(span);
    if (type == "text") Note<DiagKind::RealText>(span);
  }

  void OfPath(ExprId key) {
    const auto* path = tree_.As<ast::TextExpr>(key);
    if (path && path->value.starts_with('$') && path->value.find('[') != std::string::npos)
      Note<DiagKind::PathIndex>(tree_[key].span);
  }

  // A number out of the token's JSON.
  bool OfToken(ExprId id) const {
    const auto* call = tree_.As<ast::CallExpr>(id);
    if (call && call->function.schema.HasValue()) return OneOf(Schemas, call->function.schema.text);
    const auto* json = tree_.As<ast::BinaryExpr>(id);
    return json && json->op == BinaryOp::JsonGetText && OfToken(json->lhs);
  }
  bool MakesBlob(ExprId id) const {
    const auto* call = tree_.As<ast::CallExpr>(id);
    return tree_.As<ast::BlobExpr>(id) || (call && call->function.name.text == "uuid_blob");
  }

  // substring(x FROM a FOR b) is substring(x, a, b) in the tree.
  bool WrittenWithFrom(Span span) const {
    std::string_view text = sources_.Text(span);
    int depth = 0;
    for (uint32_t at = 0;;) {
      source::ScannedPiece piece = source::ScanPiece(text, at);
      if (piece.kind == source::PieceKind::End) return false;
      std::string_view part = text.substr(piece.begin, piece.end - piece.begin);
      at = piece.end;
      depth += part == "(" ? 1 : part == ")" ? -1 : 0;
      if (depth == 1 && piece.kind == source::PieceKind::Word && source::Upper(part) == "FROM") return true;
    }
  }

  ast::Tree& tree_;
  const source::Sources& sources_;
  const Config& config_;
  source::Diagnostics& diagnostics_;
  std::unordered_set<int> seen_;
  std::unordered_set<ExprId> conditions_;
};

// `bucket.x = …` twice in one AND.
void NoteTwice(ast::Tree& tree, QueryId query, source::Diagnostics& diagnostics) {
  Visitor visitor;
  visitor.expr = [&](ExprId id) {
    const auto* both = tree.As<ast::LogicalExpr>(id);
    if (!both || both->op != ast::LogicalOp::And) return;
    std::map<std::string, Span> seen;
    for (ExprId arg : both->args) {
      const auto* equal = tree.As<ast::BinaryExpr>(arg);
      if (!equal || equal->op != BinaryOp::Equal) continue;
      for (ExprId side : {equal->lhs, equal->rhs}) {
        const auto* column = tree.As<ast::ColumnExpr>(side);
        if (!column || column->table.text != "bucket") continue;
        auto [first, inserted] = seen.try_emplace(column->column.text, tree[arg].span);
        if (!inserted)
          diagnostics.Report<DiagKind::ParameterTwice>(tree[arg].span, column->column.text)
              .Label(first->second, "the other condition");
      }
    }
  };
  Walk(tree, query, visitor);
}

}  // namespace

void Reader::NoteDifferences(QueryId query, bool bucket) {
  if (bucket) NoteTwice(tree_, query, diagnostics_);
  Notes(tree_, sources_, config_, diagnostics_).Of(query);
}

void Reader::NoteConfig() {
  // The value mapping is the source's; what these switches undo is not done there.
  if (!config_.edition_span.HasValue()) return;
  auto off = [&](const std::optional<bool>& option) { return option == false && config_.edition >= 2; };
  if (off(config_.timestamps_iso8601))
    Report<DiagKind::OptionIgnored>(config_.edition_span, "timestamps_iso8601");
  if (off(config_.custom_postgres_types))
    Report<DiagKind::OptionIgnored>(config_.edition_span, "custom_postgres_types");
}

}  // namespace bulkhead::powersync
