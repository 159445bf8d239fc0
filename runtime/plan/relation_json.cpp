#include "runtime/plan/relation_json.h"

#include "runtime/base/id.h"

namespace bulkhead::plan {
namespace {

using nlohmann::json;

void AddFlag(json& object, const char* key, bool flag) {
  if (flag) object[key] = true;
}

void Add(json& object, const Scan& scan) {
  object["table"] = scan.table;
  if (!scan.expansions.empty()) object["expansions"] = Expansions(scan.expansions);
  AddFilter(object, "filter", scan.filter);
  object["outputs"] = Expressions(scan.outputs);
}
void Add(json& object, const Map& map) {
  AddFilter(object, "filter", map.filter);
  object["outputs"] = Expressions(map.outputs);
}
void Add(json& object, const Join& join) {
  object["left_key"] = join.left_key;
  object["right_key"] = join.right_key;
  AddFilter(object, "filter", join.filter);
}
void Add(json& object, const SemiJoin& semi) {
  Add(object, semi.join);
  AddFlag(object, "anti", semi.anti);
}
void Add(json&, const Distinct&) {}
void Add(json&, const Union&) {}
void Add(json& object, const Aggregate& aggregate) {
  object["group"] = aggregate.group;
  object["calls"] = ArrayOf(aggregate.calls, [](const AggregateCall& call) {
    json item = {{"function", AggregateFunctionNames[static_cast<size_t>(call.function)]}};
    if (call.function != AggregateFunction::CountRows) item["field"] = call.field;
    AddFlag(item, "distinct", call.distinct);
    return item;
  });
}
void Add(json& object, const Top& top) {
  object["partition"] = top.partition;
  object["order"] = ArrayOf(top.order, [](const OrderTerm& term) {
    json item = {{"field", term.field}};
    AddFlag(item, "descending", term.descending);
    AddFlag(item, "nulls_last", term.nulls_last);
    return item;
  });
  object["limit"] = top.limit;
  if (top.offset > 0) object["offset"] = top.offset;
}

Status Read(const Reader& in, Scan& scan) {
  BULKHEAD_CHECK_OK(in.Number("table", scan.table));
  BULKHEAD_CHECK_OK(in.Objects("expansions", false, scan.expansions, ReadExpansion));
  BULKHEAD_CHECK_OK(in.Expression("filter", scan.filter));
  return in.Expressions("outputs", scan.outputs);
}
Status Read(const Reader& in, Map& map) {
  BULKHEAD_CHECK_OK(in.Expression("filter", map.filter));
  return in.Expressions("outputs", map.outputs);
}
Status Read(const Reader& in, Join& join) {
  BULKHEAD_CHECK_OK(in.Numbers("left_key", join.left_key));
  BULKHEAD_CHECK_OK(in.Numbers("right_key", join.right_key));
  return in.Expression("filter", join.filter);
}
Status Read(const Reader& in, SemiJoin& semi) {
  BULKHEAD_CHECK_OK(Read(in, semi.join));
  return in.Flag("anti", semi.anti);
}
Status Read(const Reader&, Distinct&) {
  return Ok();
}
Status Read(const Reader&, Union&) {
  return Ok();
}

Status ReadCall(const Reader& in, AggregateCall& call) {
  std::string name;
  BULKHEAD_CHECK_OK(in.Text("function", name));
  const auto found = std::find(std::begin(AggregateFunctionNames), std::end(AggregateFunctionNames), name);
  if (found == std::end(AggregateFunctionNames))
    return InvalidAt(in.At("function"), fmt::format("no aggregate function is named `{}`", name));
  call.function = static_cast<AggregateFunction>(found - std::begin(AggregateFunctionNames));
  if (call.function != AggregateFunction::CountRows) BULKHEAD_CHECK_OK(in.Number("field", call.field));
  return in.Flag("distinct", call.distinct);
}
Status Read(const Reader& in, Aggregate& aggregate) {
  BULKHEAD_CHECK_OK(in.Numbers("group", aggregate.group));
  return in.Objects("calls", true, aggregate.calls, ReadCall);
}

Status ReadTerm(const Reader& in, OrderTerm& term) {
  BULKHEAD_CHECK_OK(in.Number("field", term.field));
  BULKHEAD_CHECK_OK(in.Flag("descending", term.descending));
  return in.Flag("nulls_last", term.nulls_last);
}
Status Read(const Reader& in, Top& top) {
  BULKHEAD_CHECK_OK(in.Numbers("partition", top.partition));
  BULKHEAD_CHECK_OK(in.Objects("order", true, top.order, ReadTerm));
  BULKHEAD_CHECK_OK(in.Number("limit", top.limit));
  return in.Find("offset") ? in.Number("offset", top.offset) : Ok();
}

// Reads into the alternative of that name, trying them in turn.
template <size_t Kind = 0>
Status ReadKind(const Reader& in, std::string_view name, Node& node) {
  if constexpr (Kind == std::size(NodeKinds)) {
    return InvalidAt(in.At("kind"), fmt::format("no kind of node is named `{}`", name));
  } else {
    if (NodeKinds[Kind].name != name) return ReadKind<Kind + 1>(in, name, node);
    return Read(in, node.kind.template emplace<Kind>());
  }
}

}  // namespace

json Expressions(const std::vector<vm::Expr>& items) {
  return ArrayOf(items, [](const vm::Expr& e) { return ToJson(e); });
}

json Expansions(const std::vector<Expansion>& expansions) {
  return ArrayOf(expansions, [](const Expansion& e) {
    return json{{"function", e.function}, {"input", ToJson(e.input)}};
  });
}

void AddFilter(json& object, const char* key, const std::optional<vm::Expr>& filter) {
  if (filter) object[key] = ToJson(*filter);
}

json ToDocument(const Node& node) {
  json object = {{"kind", KindOf(node).name}};
  if (!node.inputs.empty()) object["inputs"] = node.inputs;
  std::visit([&](const auto& spec) { Add(object, spec); }, node.kind);
  return object;
}

Status ReadExpansion(const Reader& in, Expansion& expansion) {
  BULKHEAD_CHECK_OK(in.Text("function", expansion.function));
  return in.Expression("input", expansion.input);
}

Status ReadNode(const Reader& in, Node& node) {
  std::string kind;
  BULKHEAD_CHECK_OK(in.Text("kind", kind));
  if (in.Find("inputs")) BULKHEAD_CHECK_OK(in.Numbers("inputs", node.inputs));
  return ReadKind(in, kind, node);
}

}  // namespace bulkhead::plan
