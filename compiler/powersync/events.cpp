// event_definitions: read and checked as far as their own rules go. They ask for write checkpoints, which
// need no rules here, so nothing is made of them.
#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"

namespace bulkhead::powersync {

void Reader::ReadEvents(NodeId id) {
  if (At(id).kind != Node::Kind::Map)
    return WrongValue(id, "`event_definitions`", "a map from names to events");
  for (const Node::Entry& entry : At(id).entries) {
    NodeId payloads;
    if (!IsName(entry.key)) continue;
    if (!Fields(entry.value, "an event", {{"payloads", &payloads}})) continue;
    if (!payloads.HasValue()) {
      Report<DiagKind::MissingKey>(At(entry.key).span, "an event", "`payloads`");
      continue;
    }
    std::set<std::string> tables;
    for (NodeId node : List(payloads, "`payloads`", false)) {
      auto sql = ReadSql(node);
      const ast::Select* select = sql ? SelectOf(tree_, sql->query) : nullptr;
      if (!sql) continue;
      const auto* table = select && select->from.size() == 1
                              ? std::get_if<ast::TableItem>(&tree_[select->from[0]].kind)
                              : nullptr;
      if (!table)
        WrongValue(node, "a payload", "one SELECT from one table");
      else if (!tables.insert(table->table.Text()).second)
        Report<DiagKind::EventTableTwice>(table->table.span, table->table.Text());
    }
    Report<DiagKind::EventIgnored>(At(entry.key).span, At(entry.key).text);
  }
}

}  // namespace bulkhead::powersync
