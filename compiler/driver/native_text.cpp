#include "compiler/driver/native_text.h"

#include <fmt/format.h>

#include <set>

#include "compiler/ast/format.h"
#include "compiler/ast/sql.h"
#include "compiler/powersync/walk.h"
#include "compiler/syntax/syntax.h"

namespace bulkhead::driver {
namespace {

// Native rules know a view by its name everywhere, so it cannot have that of a table the rules read or
// declare.
class ViewNames {
 public:
  explicit ViewNames(Compilation& c) : c_(c) {}

  void Settle() {
    for (const ast::Statement& statement : c_.files[0].statements) {
      if (const auto* view = std::get_if<ast::CreateView>(&statement.kind))
        taken_.insert(view->name.name.text);
    }
    for (ast::Statement& statement : c_.files[0].statements) {
      auto* view = std::get_if<ast::CreateView>(&statement.kind);
      if (view && HidesTable(*view)) Rename(*view);
    }
  }

 private:
  bool HidesTable(const ast::CreateView& view) {
    const std::string& name = view.name.name.text;
    bool reads_itself = false;
    powersync::Visitor visitor;
    visitor.from = [&](ast::FromItem& item) {
      const auto* table = std::get_if<ast::TableItem>(&item.kind);
      reads_itself |= table && table->table.name.text == name && !table->table.schema.HasValue();
    };
    powersync::Walk(c_.tree, view.query, visitor);
    return reads_itself || (!c_.catalog.open && c_.catalog.Find("", name).HasValue());
  }

  void Rename(ast::CreateView& view) {
    const std::string before = view.name.name.text;
    std::string after = before + "_view";
    while (!taken_.insert(after).second) after += "_";
    view.name.name.text = after;
    for (ast::Statement& statement : c_.files[0].statements) {
      if (auto* stream = std::get_if<ast::CreateStream>(&statement.kind)) RenameIn(*stream, before, after);
    }
  }

  void RenameIn(ast::CreateStream& stream, const std::string& before, const std::string& after) {
    for (const ast::Cte& cte : stream.with) {
      if (cte.name.text == before) return;  // its own, which hides the view
    }
    powersync::Visitor visitor;
    visitor.from = [&](ast::FromItem& item) {
      auto* table = std::get_if<ast::TableItem>(&item.kind);
      if (!table || table->table.schema.HasValue() || table->table.name.text != before) return;
      if (!item.alias.HasValue()) item.alias = table->table.name;
      table->table.name.text = after;
    };
    visitor.expr = [&](ast::ExprId id) {
      auto* in = std::get_if<ast::InExpr>(&c_.tree.exprs[id].kind);
      auto* value = in ? std::get_if<ast::InValue>(&in->target) : nullptr;
      auto* name = value ? std::get_if<ast::ColumnExpr>(&c_.tree.exprs[value->value].kind) : nullptr;
      if (name && !name->table.HasValue() && name->column.text == before) name->column.text = after;
    };
    for (ast::QueryId query : stream.queries) powersync::Walk(c_.tree, query, visitor);
  }

  Compilation& c_;
  std::set<std::string> taken_;
};

class Writer {
 public:
  explicit Writer(const Compilation& c) : c_(c) {}

  std::string Text() {
    const ast::File& file = c_.files[0];
    for (const ast::Statement& statement : file.statements) {
      Comments(statement.comments);
      if (const auto* view = std::get_if<ast::CreateView>(&statement.kind))
        out_ +=
            fmt::format("CREATE VIEW {} AS {};\n\n", ast::QuoteName(view->name.name.text), Sql(view->query));
      if (const auto* stream = std::get_if<ast::CreateStream>(&statement.kind)) Stream(*stream);
    }
    Comments(file.trailing_comments);
    return std::move(out_);
  }

 private:
  std::string Sql(ast::QueryId query) const { return ast::Sql(c_.tree, query); }

  void Stream(const ast::CreateStream& stream) {
    for (ast::QueryId query : stream.queries) NoteStars(query);
    out_ += fmt::format("CREATE STREAM {}", ast::QuoteName(stream.name.text));
    if (stream.auto_subscribe) out_ += " AUTO SUBSCRIBE";
    if (stream.priority) out_ += fmt::format(" PRIORITY {}", stream.priority->value);
    out_ += " AS";
    if (!stream.block) {
      out_ += " " + Sql(stream.queries[0]) + ";\n\n";
      return;
    }
    out_ += "\nBEGIN\n";
    for (const ast::Cte& cte : stream.with)
      out_ += fmt::format("  WITH {} AS ({});\n", ast::QuoteName(cte.name.text), Sql(cte.query));
    for (ast::QueryId query : stream.queries) out_ += "  " + Sql(query) + ";\n";
    out_ += "END;\n\n";
  }

  // What `*` leaves out in editions 1 and 2 has no native spelling.
  void NoteStars(ast::QueryId id) {
    const ast::Select* select = c_.tree[id].AsSelect();
    if (!select) return;
    for (const ast::SelectItem& item : select->items) {
      const auto* star = std::get_if<ast::StarItem>(&item.kind);
      if (!star || !star->legacy) continue;
      out_ +=
          "-- In PowerSync's editions 1 and 2, * left out columns whose names begin with _. Name the columns "
          "to do so.\n";
      return;
    }
  }

  void Comments(const std::vector<ast::Comment>& comments) {
    for (const ast::Comment& comment : comments) {
      std::string text(c_.sources.Text(comment.span));
      if (text.starts_with("#")) text = "--" + text.substr(1);
      out_ += text + "\n";
    }
  }

  const Compilation& c_;
  std::string out_;
};

}  // namespace

std::string NativeText(Compilation& compilation) {
  if (compilation.diagnostics.has_errors() || compilation.files.empty()) return "";
  ViewNames(compilation).Settle();
  source::Sources sources;
  source::Diagnostics diagnostics;
  ast::Tree tree;
  source::FileId id = sources.Add("<import>", Writer(compilation).Text());
  ast::File file = syntax::ParseFile(tree, sources, id, diagnostics);
  CHECK_INVARIANT(!diagnostics.has_errors(), "what the printer writes is read back");
  return ast::Format(tree, sources, file);
}

}  // namespace bulkhead::driver
