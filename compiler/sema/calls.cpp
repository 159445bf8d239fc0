#include <algorithm>

#include "compiler/schema/schema.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {

namespace {

constexpr std::string_view Aggregates[] = {"count",
                                           "sum",
                                           "avg",
                                           "total",
                                           "group_concat",
                                           "string_agg",
                                           "array_agg",
                                           "json_agg",
                                           "jsonb_agg",
                                           "json_group_array",
                                           "json_group_object",
                                           "bool_and",
                                           "bool_or",
                                           "every"};
constexpr std::string_view WindowFunctions[] = {"row_number",  "rank",       "dense_rank", "percent_rank",
                                                "cume_dist",   "ntile",      "lag",        "lead",
                                                "first_value", "last_value", "nth_value"};
constexpr std::string_view Clocks[] = {"now",
                                       "current_timestamp",
                                       "current_date",
                                       "current_time",
                                       "localtime",
                                       "localtimestamp",
                                       "clock_timestamp",
                                       "statement_timestamp",
                                       "transaction_timestamp",
                                       "timeofday",
                                       "age"};
// Their first argument may be 'now', and is when it is left out.
constexpr std::string_view TimeFunctions[] = {"date", "time", "datetime", "julianday", "unixepoch"};
constexpr std::string_view OtherTimeFunctions[] = {"strftime", "timediff", "date_part", "date_trunc", "to_char"};
// Claims that tokens carry without being declared.
constexpr std::string_view RegisteredClaims[] = {"sub", "iss", "aud", "exp", "nbf", "iat", "jti"};

template <size_t N>
bool OneOf(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

std::optional<ir::RequestPart> PartNamed(std::string_view name) {
  if (name == "auth") return ir::RequestPart::Auth;
  if (name == "connection") return ir::RequestPart::Connection;
  if (name == "subscription") return ir::RequestPart::Subscription;
  return std::nullopt;
}

std::string CountText(size_t least, size_t most) {
  if (most >= functions::AnyNumber)
    return fmt::format("at least {} argument{}", least, least == 1 ? "" : "s");
  if (least != most) return fmt::format("{} to {} arguments", least, most);
  return fmt::format("{} argument{}", least, least == 1 ? "" : "s");
}

// "$.org.id" is a path into `org`; any other key is the claim's name.
std::string_view FirstLabel(std::string_view key) {
  if (!key.starts_with("$.")) return key;
  key.remove_prefix(2);
  return key.substr(0, key.find_first_of(".["));
}

}  // namespace

bool Binder::IsAggregate(const ast::CallExpr& call) {
  const std::string& name = call.function.name.text;
  return call.star || OneOf(Aggregates, name) || ((name == "min" || name == "max") && call.args.size() == 1);
}

bool Binder::ReadsClock(const ast::CallExpr& call) const {
  const std::string& name = call.function.name.text;
  if (OneOf(Clocks, name)) return true;
  if (name == "strftime" && call.args.size() == 1) return true;
  if (OneOf(TimeFunctions, name)) {
    if (call.args.empty() || HasText(call.args.front(), "subsec") || HasText(call.args.front(), "subsecond")) return true;
  } else if (!OneOf(OtherTimeFunctions, name)) {
    return false;
  }
  return std::ranges::any_of(call.args, [&](ast::ExprId arg) { return HasText(arg, "now"); });
}

bool Binder::HasText(ast::ExprId id, std::string_view wanted) const {
  const auto* text = tree_.As<ast::TextExpr>(id);
  return text && schema::SameName(text->value, wanted);
}

// datetime(…, 'localtime') would give other rows on another machine.
bool Binder::ReadsZone(const ast::CallExpr& call) const {
  const std::string& name = call.function.name.text;
  return (OneOf(TimeFunctions, name) || name == "strftime") &&
         std::ranges::any_of(call.args, [&](ast::ExprId arg) { return HasText(arg, "localtime"); });
}

ExprId Binder::BindCall(const ast::CallExpr& call, Span span, const Scope& scope, Need need) {
  if (auto bound = BindRequestCall(call, span, scope)) return *bound;
  if (auto bound = BindMetadata(call, span, scope)) return *bound;
  if (auto bound = BindUnsupportedCall(call, span, scope)) return *bound;
  if (Definition* definition = FindFunction(call.function))
    return BindDefinedCall(*definition, call, span, scope, need);
  return BindLibraryCall(call, span, scope);
}

std::optional<ExprId> Binder::BindUnsupportedCall(const ast::CallExpr& call, Span span, const Scope& scope) {
  const std::string& name = call.function.name.text;
  if (call.over || OneOf(WindowFunctions, name)) {
    Report<DiagKind::WindowUnsupported>(span);
  } else if (IsAggregate(call)) {
    if (scope.clause.empty())
      Report<DiagKind::AggregateUnsupported>(span, fmt::format("`{}`", name));
    else
      Report<DiagKind::MisplacedAggregate>(span, name, scope.clause);
  } else if (ReadsClock(call)) {
    Report<DiagKind::TimeUnsupported>(span, fmt::format("`{}`", name));
  } else if (ReadsZone(call)) {
    Report<DiagKind::RefusedFunction>(span, "'localtime'")
        .Note("The time zone of the machine is not data; write the distance from UTC, such as '+02:00', as modifier.");
  } else if (call.distinct || call.filter.HasValue() || !call.order_by.empty()) {
    Unavailable(span, "DISTINCT, ORDER BY or FILTER in a call that aggregates nothing");
  } else {
    return std::nullopt;
  }
  return Error(span);
}

// ---- The request
// -------------------------------------------------------------------------------------------------

std::optional<ExprId> Binder::BindRequestCall(const ast::CallExpr& call, Span span, const Scope& scope) {
  auto part = PartNamed(call.function.schema.text);
  if (!part) return std::nullopt;
  const std::string& name = call.function.name.text;
  const bool user_id = name == "user_id" && *part == ir::RequestPart::Auth;
  const size_t wanted = name == "parameter" ? 1 : 0;
  if (!user_id && name != "parameter" && name != "parameters") {
    std::string help = fmt::format("`{0}.parameter('k')` and `{0}.parameters()` are what there is",
                                   call.function.schema.text);
    if (*part == ir::RequestPart::Auth)
      help = name == "jwt" ? "write `auth.parameters()`" : "write `auth.user_id()`";
    Report<DiagKind::UnknownFunction>(call.function.span, call.function.Text()).Help(std::move(help));
    return Error(span);
  }
  if (call.args.size() != wanted) {
    Report<DiagKind::WrongArgumentCount>(span, call.function.Text(), CountText(wanted, wanted),
                                         call.args.size());
    return Error(span);
  }
  if (user_id) return RequestValue(*part, Literal(value::Value::Text("sub"), span), span);
  if (wanted == 1) return RequestValue(*part, BindExpr(call.args[0], scope), span);
  if (*part == ir::RequestPart::Subscription && stream_) {
    for (const ir::Parameter& parameter : stream_->parameters) parameters_used_.insert(parameter.name);
  }
  ir::Facts facts;
  facts.storage = storage::Null | storage::Text;
  return Add({ir::RequestExpr{*part}, facts, span});
}

// document ->> key, with what the declarations say about the key.
ExprId Binder::RequestValue(ir::RequestPart part, ExprId key, Span span) {
  ir::Facts facts;
  facts.storage = storage::Null | storage::Text;
  ExprId document = Add({ir::RequestExpr{part}, facts, span});
  ExprId value = Call("->>", {document, key}, span);
  if (IsError(value)) return value;
  ir::Facts& known = out_->module.exprs[value].facts;
  auto text = AsText(key);
  if (part == ir::RequestPart::Auth && text) CheckClaim(*text, At(key).span, known);
  if (part == ir::RequestPart::Subscription && stream_) {
    if (text) {
      CheckSubscriptionKey(*text, At(key).span, known);
    } else {
      for (const ir::Parameter& parameter : stream_->parameters) parameters_used_.insert(parameter.name);
    }
  }
  return value;
}

void Binder::CheckClaim(std::string_view path, Span span, ir::Facts& facts) {
  if (!claims_declared_) return;
  std::string_view name = FirstLabel(path);
  std::vector<std::string_view> known;
  for (const ir::Claim& claim : output_.module.claims) {
    if (claim.name == name) {
      if (path == name || path.size() == name.size() + 2) facts.declared = claim.type;
      return;
    }
    known.push_back(claim.name);
  }
  if (OneOf(RegisteredClaims, name)) return;
  Report<DiagKind::UnknownClaim>(span, name).Help(DidYouMean(name, known));
}

void Binder::CheckSubscriptionKey(std::string_view key, Span span, ir::Facts& facts) {
  if (stream_->parameters.empty()) return;
  std::string_view name = FirstLabel(key);
  std::vector<std::string_view> known;
  for (const ir::Parameter& parameter : stream_->parameters) {
    if (parameter.name == name) {
      parameters_used_.insert(parameter.name);
      if (key == name || key.size() == name.size() + 2) facts.declared = parameter.type;
      return;
    }
    known.push_back(parameter.name);
  }
  Report<DiagKind::UnknownParameter>(span, stream_->name, name).Help(DidYouMean(name, known));
}

ExprId Binder::BindParameter(const ast::ParameterExpr& parameter, Span span) {
  const std::string& name = parameter.name.text;
  if (!stream_ || inside_definition_) {
    Report<DiagKind::ParameterOutsideStream>(span, name);
    return Error(span);
  }
  std::vector<std::string_view> known;
  for (const ir::Parameter& declared : stream_->parameters) {
    known.push_back(declared.name);
    if (declared.name == name) {
      return RequestValue(ir::RequestPart::Subscription, Literal(value::Value::Text(name), span), span);
    }
  }
  std::string help = DidYouMean(name, known);
  if (help.empty()) {
    help = known.empty() ? fmt::format("declare it: CREATE STREAM {} ({} text)", stream_->name, name)
                         : "declare it beside the other parameters";
  }
  Report<DiagKind::UnknownParameter>(span, stream_->name, name).Help(std::move(help));
  return Error(span);
}

// alias.schema(), alias.table_name(), alias.table_suffix(): of the table that a row is from.
std::optional<ExprId> Binder::BindMetadata(const ast::CallExpr& call, Span span, const Scope& scope) {
  const std::string& name = call.function.name.text;
  const bool known = name == "schema" || name == "table_name" || name == "table_suffix";
  if (!known || !call.function.schema.HasValue() || !call.args.empty()) return std::nullopt;
  const Relation* relation = FindAlias({}, call.function.schema, scope);
  if (!relation || !relation->occurrence.HasValue()) return std::nullopt;
  const auto& source = std::get<ir::TableSource>(out_->module.occurrences[relation->occurrence].source);
  const bool pattern = name == "schema" ? source.schema_name.ends_with('%') : source.name.ends_with('%');
  if (pattern) {
    ir::Facts facts;
    facts.storage = storage::Text;
    return Add({ir::ColumnExpr{relation->occurrence, name + "()"}, facts, span}, {1, 1, Affinity::Blob, Collation::None});
  }
  std::string text = name == "schema"       ? (source.schema_name.empty() ? "public" : source.schema_name)
                     : name == "table_name" ? source.name
                                            : "";
  return Literal(value::Value::Text(text), span);
}

// ---- Functions of the rules
// --------------------------------------------------------------------------------------

Definition* Binder::FindFunction(const ast::QualifiedName& name) {
  if (!schema::DefaultSchemaAsEmpty(name.schema.text).empty()) return nullptr;
  auto found = functions_.find(name.name.text);
  return found == functions_.end() ? nullptr : found->second;
}

// The body with the arguments in place of the parameters' names.
ExprId Binder::BindDefinedCall(Definition& definition, const ast::CallExpr& call, Span span,
                               const Scope& scope, Need need) {
  if (marking_) definition.used = true;
  if (definition.active) {
    Report<DiagKind::RecursiveDefinition>(call.function.span, definition.name)
        .Label(definition.name_span, "defined here");
    return Error(span);
  }
  if (definition.broken || !Spend(1)) return Error(span);
  const std::vector<ast::Parameter>& parameters = definition.function->parameters;
  size_t least = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].default_value.HasValue()) least = i + 1;
  }
  if (call.args.size() < least || call.args.size() > parameters.size()) {
    Report<DiagKind::WrongArgumentCount>(span, definition.name, CountText(least, parameters.size()),
                                         call.args.size())
        .Label(definition.name_span, "defined here");
    return Error(span);
  }
  Scope body;
  body.clause = scope.clause;
  for (size_t i = 0; i < parameters.size(); ++i) {
    ExprId value =
        i < call.args.size() ? BindExpr(call.args[i], scope) : BindExpr(parameters[i].default_value, Scope{});
    if (IsError(value)) return value;
    body.arguments.emplace_back(parameters[i].name.text, value);
  }
  definition.active = true;
  const bool inside = inside_definition_;
  inside_definition_ = true;
  ExprId bound = BindExpr(definition.function->body, body, need);
  inside_definition_ = inside;
  definition.active = false;
  return bound;
}

// ---- The library
// -------------------------------------------------------------------------------------------------

ExprId Binder::BindLibraryCall(const ast::CallExpr& call, Span span, const Scope& scope) {
  const std::string& name = call.function.name.text;
  std::vector<ExprId> args;
  for (ast::ExprId arg : call.args) args.push_back(BindExpr(arg, scope));
  const bool plain = !call.function.schema.HasValue() || call.function.schema.text == "pg_catalog";
  const functions::Function* function = plain ? functions::FindName(name) : nullptr;
  if (!function) {
    ReportUnknownFunction(call.function);
    return Error(span);
  }
  if (function->purity == functions::Purity::Refused) {
    Report<DiagKind::RefusedFunction>(span, name).Note(std::string(function->doc));
    return Error(span);
  }
  const functions::Function* fitting = functions::Find(name, call.args.size());
  if (!fitting) {
    size_t least = SIZE_MAX, most = 0;
    for (const functions::Function* row : functions::All()) {
      if (row->name != name) continue;
      least = std::min<size_t>(least, row->args_min);
      most = std::max<size_t>(most, row->args_max);
    }
    Report<DiagKind::WrongArgumentCount>(span, name, CountText(least, most), call.args.size())
        .Note(fmt::format("{}{}", name, function->signature));
    return Error(span);
  }
  ir::Facts facts = std::ranges::any_of(args, [&](ExprId arg) { return IsError(arg); })
                        ? ir::Facts{}
                        : ResultFacts(*fitting, args);
  ExprId bound = Call(name, std::move(args), span);
  if (!IsError(bound)) out_->module.exprs[bound].facts = facts;
  return bound;
}

// What the signature says after its arrow. NULL may always come, but from coalesce.
ir::Facts Binder::ResultFacts(const functions::Function& function, const std::vector<ExprId>& args) const {
  ir::Facts facts;
  auto united = [&](size_t begin) {
    uint8_t bits = 0;
    for (size_t i = begin; i < args.size(); ++i) bits |= At(args[i]).facts.storage;
    return bits;
  };
  if (function.lowering == functions::Lowering::Coalesce) {
    facts.storage = united(0) & ~storage::Null;
    bool null = std::ranges::all_of(args, [&](ExprId arg) { return At(arg).facts.CanBeNull(); });
    if (null) facts.storage |= storage::Null;
    return facts;
  }
  if (function.lowering == functions::Lowering::Case) {
    facts.storage = united(1);
    return facts;
  }
  std::string_view result = function.signature.substr(function.signature.rfind("->") + 2);
  while (result.starts_with(' ')) result.remove_prefix(1);
  if (result == "text" || result == "json") facts.storage = storage::Text | storage::Null;
  if (result == "integer") facts.storage = storage::Integer | storage::Null;
  if (result == "real") facts.storage = storage::Real | storage::Null;
  if (result == "number") facts.storage = storage::Number | storage::Null;
  if (result == "blob") facts.storage = storage::Blob | storage::Null;
  if (result == "json") facts.declared.kind = TypeKind::Json;
  return facts;
}

void Binder::ReportUnknownFunction(const ast::QualifiedName& name) {
  if (!IsNews(DiagKind::UnknownFunction, name.span)) return;
  if (!IsShown()) {
    Report<DiagKind::UnknownFunction>(name.span, name.Text());
    return;
  }
  std::vector<std::string_view> known;
  for (const functions::Function* function : functions::All()) {
    if (function->purity != functions::Purity::Refused) known.push_back(function->name);
  }
  for (const auto& [function, definition] : functions_) known.push_back(function);
  std::ranges::sort(known);
  std::string help = DidYouMean(name.name.text, known);
  if (name.schema.text == "request" || name.name.text == "current_user" || name.name.text == "session_user") {
    help = "the request is `auth.user_id()`, `auth.parameter('claim')`, `connection.parameter('key')`";
  }
  Report<DiagKind::UnknownFunction>(name.span, name.Text()).Help(std::move(help));
}

}  // namespace bulkhead::sema
