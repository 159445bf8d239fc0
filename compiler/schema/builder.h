// State of BuildCatalog; one function per kind of statement. Private to this folder.
#pragma once

#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "compiler/schema/schema.h"
#include "runtime/base/limits.h"

namespace bulkhead::schema {

class Builder {
 public:
  Builder(ast::Tree& tree, source::Sources& sources, source::Diagnostics& diagnostics)
      : tree_(tree), sources_(sources), diagnostics_(diagnostics) {}
  Catalog Build(const std::vector<ast::File>& files);

 private:
  // A foreign key whose target is looked up once every table is known.
  struct PendingKey {
    TableId table;
    const ast::ForeignKey* key;
    std::vector<uint32_t> columns;
    Span span;
  };

  // Whether anybody will be shown what is found now; else finding suggestions is wasted time.
  bool IsShown() const { return diagnostics_.all().size() <= limits::ErrorsReportedMax; }

  // files.cpp: which statements count
  void Collect(const std::vector<ast::File>& files);
  void CollectDump(const ast::SchemaFrom& from);

  // schema.cpp: types, policies, functions
  void AddEnum(const ast::Statement& at, const ast::CreateEnum& statement);
  void AddDomain(const ast::Statement& at, const ast::CreateDomain& statement);
  void AlterEnum(const ast::AlterEnum& statement);
  void AddPolicy(const ast::Statement& at, const ast::CreatePolicy& statement);
  void AddFunction(const ast::Statement& at, const ast::CreateRawFunction& statement);

  // tables.cpp
  void AddTable(const ast::Statement& at, const ast::CreateTable& statement);
  void AddBrokenTable(const ast::Statement& at, const ast::Broken& statement);
  void AddInheritedColumns(Table& table, const ast::CreateTable& statement);
  void AddColumn(Table& table, const ast::ColumnDef& column);
  void AddConstraints(TableId id, const ast::CreateTable& statement);
  void AddColumnConstraints(TableId id, const ast::ColumnDef& column);
  void AddConstraint(TableId id, const ast::TableConstraint& constraint);
  void Alter(const ast::AlterTable& statement);
  void AlterColumn(TableId id, const ast::AlterColumn& change);
  void AddIndex(const ast::CreateIndex& statement);

  // keys.cpp
  std::optional<std::vector<uint32_t>> KeyColumns(const Table& table, const std::vector<ast::Name>& names);
  void SetPrimaryKey(Table& table, std::vector<uint32_t> columns, Span span);
  void AddUnique(Table& table, std::vector<uint32_t> columns);
  void ResolveForeignKeys();
  void ResolveForeignKey(const PendingKey& pending);
  // The referenced columns; none after a diagnostic.
  std::optional<std::vector<std::string>> ReferencedColumns(const PendingKey& pending, const Table& target);

  // None after a diagnostic, or silently in a dump: it may name a view or a sequence there, which are no
  // tables here.
  TableId FindTable(const ast::QualifiedName& name);
  std::string Text(ast::ExprId expr) const;

  ast::Tree& tree_;
  source::Sources& sources_;
  source::Diagnostics& diagnostics_;
  Catalog catalog_;
  std::vector<ast::File> dumps_;
  std::vector<const ast::Statement*> statements_;
  std::vector<PendingKey> pending_;
  std::set<std::string> loaded_paths_;
  std::unordered_set<source::FileId> dump_files_;
};

}  // namespace bulkhead::schema
