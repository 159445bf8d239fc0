// The parts of the printer, shared by its files. Use print.h.
#pragma once

#include "compiler/ast/ast.h"
#include "compiler/ast/sexpr.h"

namespace bulkhead::ast {

class Printer {
 public:
  explicit Printer(const Tree& tree) : tree_(tree) {}

  Sexpr Of(ExprId id) const;
  Sexpr Of(QueryId id) const;
  Sexpr Of(FromId id) const;
  Sexpr Of(const Statement& statement) const;

 private:
  Sexpr Of(const Name& name) const;
  Sexpr Of(const QualifiedName& name) const;
  Sexpr Of(const TypeName& type) const;
  Sexpr Of(const InTarget& target) const;
  Sexpr Of(const Window& window) const;
  Sexpr Of(const OrderTerm& term) const;
  Sexpr Of(const Select& select) const;
  Sexpr Of(const SelectItem& item) const;
  Sexpr Of(const QueryArm& arm) const;
  Sexpr Of(const Cte& cte) const;
  Sexpr Of(const ColumnDef& column) const;
  Sexpr Of(const TableConstraint& constraint) const;
  Sexpr Of(const ForeignKey& key) const;
  Sexpr Of(const Alteration& action) const;
  Sexpr Of(const Parameter& parameter) const;
  Sexpr Of(const Hint& hint) const;
  Sexpr Of(const TestStep& step) const;
  Sexpr Of(const Argument& argument) const;
  Sexpr Call(const CallExpr& call) const;
  Sexpr Kind(const CreateTable& table) const;
  Sexpr Kind(const CreateStream& stream) const;
  Sexpr Kind(const CreatePolicy& policy) const;
  Sexpr Kind(const CreateFunction& function) const;
  Sexpr Kind(const CreateRawFunction& function) const;
  Sexpr Kind(const CreateIndex& index) const;
  Sexpr Kind(const Assume& assume) const;
  Sexpr Kind(const CreateTenant& tenant) const;
  Sexpr Kind(const Confidential& confidential) const;
  Sexpr Kind(const AlterEnum& alter) const;
  Sexpr Rows(std::string head, const std::vector<std::vector<ExprId>>& rows) const;

  // (head item item …); nothing is added for an empty list.
  template <typename Items>
  Sexpr Listed(std::string head, const Items& items) const {
    Sexpr list = Sexpr::List(std::move(head));
    for (const auto& item : items) list.Add(Of(item));
    return list;
  }
  template <typename Items>
  void AddList(Sexpr& to, std::string head, const Items& items) const {
    if (!items.empty()) to.Add(Listed(std::move(head), items));
  }
  void AddExpr(Sexpr& to, std::string head, ExprId id) const {
    if (id.HasValue()) to.Add(Sexpr::List(std::move(head)).Add(Of(id)));
  }

  const Tree& tree_;
};

}  // namespace bulkhead::ast
