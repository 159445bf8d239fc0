// State of Bind; its functions are spread over this folder by topic. Private to this folder.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/schema/catalog.h"
#include "compiler/schema/schema.h"
#include "compiler/sema/scope.h"
#include "compiler/sema/sema.h"
#include "runtime/base/limits.h"
#include "stdlib/functions/function.h"

namespace bulkhead::sema {

using schema::TypeKind;
using source::DiagKind;

// As SQLite has it: what a comparison converts its operands to. A column has Blob, which converts nothing
// but, unlike None, is not converted to the other side's Text.
enum class Affinity : uint8_t { None, Blob, Text, Numeric };
// None compares as Binary but yields to the other side's.
enum class Collation : uint8_t { None, Binary, Nocase };
// What the reader of an expression makes of it. Truth: NULL and false are one, as in WHERE.
enum class Need : uint8_t { Value, Truth };
// What is done to each side of a comparison before the values are compared.
struct Conversion {
  Affinity affinity = Affinity::None;
  bool fold_nocase = false;
  friend bool operator==(const Conversion&, const Conversion&) = default;
};

// What is known of an expression beside its Facts.
struct NodeInfo {
  uint32_t size = 1;  // of the tree, shared parts counted each time
  uint16_t depth = 1;
  Affinity affinity = Affinity::None;
  Collation collation = Collation::None;
  bool collate_written = false;  // by COLLATE: goes before the collation of a column
};

namespace storage {
inline constexpr uint8_t Null = 1, Integer = 2, Real = 4, Text = 8, Blob = 16;
inline constexpr uint8_t Number = Integer | Real, Any = 31;
}  // namespace storage

class Binder {
 public:
  Binder(const ast::Tree& tree, const std::vector<ast::File>& files, const schema::Catalog& catalog,
         source::Diagnostics& diagnostics)
      : tree_(tree), files_(files), catalog_(catalog), diagnostics_(diagnostics) {}
  ir::Module Bind();

 private:
  struct Output {
    ir::Module module;
    std::vector<NodeInfo> nodes;    // by expression
    std::vector<NodeInfo> selects;  // by select
  };
  // Binds into a module that is thrown away: for definitions and policies, which are only checked.
  template <typename F>
  void Scratch(F bind);

  // ---- module.cpp: statements ----
  void CollectDefinitions();
  void CollectDefinitions(const ast::File& file);
  void AddDefinition(Definition definition);
  void CollectClaims();
  void BindClaims(const ast::CreatePrincipal& principal);
  void CheckDefinitions();
  void CheckDefinition(Definition& definition);
  void BindStreams();
  void BindStream(const ast::Statement& at, const ast::CreateStream& statement);
  void BindParameters(ir::Stream& stream, const std::vector<ast::Parameter>& parameters);
  void BindStreamQuery(ir::Stream& stream, ast::QueryId query, const Env* env);
  void ReportUnused();
  schema::Type TypeOf(const ast::TypeName& type);

  // ---- statements.cpp: what is only kept: policies, tests, assumptions ----
  void CheckStatements();
  void CheckTenant(const ast::CreateTenant& tenant);
  void CheckIsolate(const ast::Isolate& isolate);
  void CheckPolicy(const ast::CreatePolicy& policy);
  void CheckAssume(const ast::Assume& assume);
  void CheckTest(const ast::CreateTest& test);
  void CheckTestStep(const ast::TestStep& step);
  void CheckPlanHint(const ast::PlanHint& hint);
  void CheckStreamName(const ast::Name& name);
  void CheckCondition(const ast::QualifiedName& table, ast::ExprId condition);
  // Null when the table is unknown (diagnosed) or the catalog is open.
  const schema::Table* CheckTable(const ast::QualifiedName& name);
  void CheckColumns(const schema::Table* table, const std::vector<ast::Name>& columns);

  // ---- query.cpp: queries and their arms ----
  const Env* EnvOf(const ast::Query& query, const Env* outer);
  size_t CountArms(ast::QueryId query, const Env* env);
  size_t CountArms(const ast::Query& query, const Env* env);
  size_t CountBody(const ast::QueryArm& arm, const Env* env);
  size_t CountFrom(ast::FromId item, const Env* env);
  size_t CountDefinition(Definition& definition);
  void CheckShape(const ast::Query& query, bool exists);
  void CheckShape(const ast::Select& select);
  BoundArm BindArm(ast::QueryId query, size_t index, const Scope* outer, const Env* env, Draft& draft);
  BoundArm BindSelect(const ast::Select& select, size_t index, const Scope* outer, const Env* env,
                      Draft& draft);
  void TakeNames(const ast::Query& query, const Scope* outer, const Env* env, Span span, BoundArm& arm);
  BoundArm BindValues(const ast::Values& values, size_t index, const Scope* outer, const Env* env);
  void BindItem(const ast::SelectItem& item, const Scope& scope, BoundArm& arm);
  void BindStar(const ast::StarItem& star, Span span, const Scope& scope, BoundArm& arm);
  void ExpandRelation(const Relation& relation, Span span, BoundArm& arm, bool legacy = false);
  SelectId AddSelect(Draft draft, std::vector<ir::OutputColumn> outputs, Span span);

  // ---- from.cpp: FROM ----
  void BindFrom(ast::FromId item, size_t& index, Scope& scope, Draft& draft);
  void BindTable(const ast::FromItem& item, const ast::TableItem& table, size_t& index, Scope& scope,
                 Draft& draft);
  void BindTableFunction(const ast::FromItem& item, const ast::FunctionItem& function, Scope& scope,
                         Draft& draft);
  void BindFromQuery(const ast::FromItem& item, const ast::SubqueryItem& subquery, size_t& index,
                     Scope& scope, Draft& draft);
  void BindJoin(const ast::FromItem& item, const ast::JoinItem& join, size_t& index, Scope& scope,
                Draft& draft);
  void JoinUsing(const ast::JoinItem& join, size_t left_begin, size_t right_begin, Scope& scope,
                 Draft& draft);
  void AddElements(const ast::FromItem& item, const std::string& function, ExprId input, Relation& relation,
                   Draft& draft);
  void AddRelation(Relation relation, Scope& scope);
  Relation BrokenRelation(const ast::FromItem& item);
  void RenameTable(Relation& relation, const std::vector<ast::Name>& columns);
  bool Resolve(const ast::QualifiedName& name, ir::TableSource& source, Relation& relation, const Env* env);
  // A declared or, in an open catalog, assumed table; broken after a diagnostic.
  Relation TableRelation(const ast::QualifiedName& name, std::string alias, const Env* env, Draft& draft);
  Relation DerivedRelation(BoundArm arm, const std::vector<ast::Name>& columns, Span span);
  BoundArm ExpandDefinition(Definition& definition, size_t index, Span mention, Draft& draft);
  Definition* FindRelation(const ast::QualifiedName& name, const Env* env);
  bool InLibrary(Span span) const;
  bool Inside(const Definition& definition) const;
  void ReportUnknownTable(const ast::QualifiedName& name, const Env* env);

  // ---- names.cpp: columns ----
  ExprId BindColumn(const ast::ColumnExpr& column, Span span, const Scope& scope);
  ExprId BindQualified(const ast::ColumnExpr& column, Span span, const Scope& scope);
  ExprId BindUnqualified(const ast::Name& name, Span span, const Scope& scope);
  const Relation* FindAlias(const ast::Name& schema, const ast::Name& alias, const Scope& scope) const;
  void ReportUnknownAlias(const ast::Name& schema, const ast::Name& alias, const Scope& scope);
  // None when the relation has no such column; never diagnoses.
  ExprId FindColumn(const Relation& relation, const std::string& name, Span span);
  ExprId OpenColumn(const Relation& relation, const std::string& name, Span span);
  ExprId AddColumn(OccurrenceId occurrence, const schema::Table* table, std::optional<uint32_t> index,
                   const std::string& name, Span span);
  static const ExprId* FindArgument(const Scope* scope, std::string_view name);
  std::vector<std::string_view> ColumnNames(const Relation& relation) const;
  // The column all the same, where the schema is advice; else an error.
  ExprId ReportUnknownColumn(const Relation& relation, const ast::Name& name, Span span);
  ExprId UndeclaredColumn(const Relation& relation, const ast::Name& name, Span span);
  void ReportUnknownName(const ast::Name& name, Span span, const Scope& scope);
  bool CouldBeColumn(const ast::Name& name, const Scope& scope);

  // ---- output.cpp: what a stream's query gives ----
  void FinishArm(ir::Select& select, BoundArm arm, const ast::Name& into, Span span);
  std::vector<ir::OutputColumn> MergeOutputs(const std::vector<OutputItem>& items);
  bool SameColumn(ExprId a, ExprId b) const;
  void CheckOutputNames(const std::vector<ir::OutputColumn>& outputs);
  OccurrenceId FindRoot(const ir::Select& select);
  void CollectTables(ExprId expr, Span span, std::vector<std::pair<OccurrenceId, Span>>& tables);
  void FindId(ir::Select& select);
  void CheckBlobs(const ir::Select& select);

  // ---- expr.cpp: expressions ----
  ExprId BindExpr(ast::ExprId expr, const Scope& scope, Need need = Need::Value);
  ExprId BindKind(const ast::Expr& expr, const Scope& scope, Need need);
  void BindCondition(ast::ExprId condition, Scope& scope, std::string_view clause, Draft& draft);
  ExprId BindUnary(const ast::UnaryExpr& expr, Span span, const Scope& scope);
  ExprId BindBinary(const ast::BinaryExpr& expr, Span span, const Scope& scope, Need need);
  ExprId BindLogical(const ast::LogicalExpr& expr, Span span, const Scope& scope, Need need);
  ExprId BindIsTest(const ast::IsTestExpr& expr, Span span, const Scope& scope);
  ExprId BindLike(const ast::LikeExpr& expr, Span span, const Scope& scope);
  ExprId BindBetween(const ast::BetweenExpr& expr, Span span, const Scope& scope);
  ExprId BindCase(const ast::CaseExpr& expr, Span span, const Scope& scope);
  ExprId BindCast(const ast::CastExpr& expr, Span span, const Scope& scope);
  ExprId BindCollate(const ast::CollateExpr& expr, Span span, const Scope& scope);
  ExprId BindArray(const ast::ArrayExpr& expr, Span span, const Scope& scope);
  ExprId BindOverlap(const ast::BinaryExpr& expr, Span span, const Scope& scope, Need need);
  ExprId Unavailable(Span span, std::string what);

  // ---- calls.cpp: functions ----
  ExprId BindCall(const ast::CallExpr& call, Span span, const Scope& scope, Need need);
  std::optional<ExprId> BindRequestCall(const ast::CallExpr& call, Span span, const Scope& scope);
  std::optional<ExprId> BindUnsupportedCall(const ast::CallExpr& call, Span span, const Scope& scope);
  std::optional<ExprId> BindMetadata(const ast::CallExpr& call, Span span, const Scope& scope);
  ExprId BindDefinedCall(Definition& definition, const ast::CallExpr& call, Span span, const Scope& scope,
                         Need need);
  ExprId BindLibraryCall(const ast::CallExpr& call, Span span, const Scope& scope);
  ExprId BindParameter(const ast::ParameterExpr& parameter, Span span);
  ExprId RequestValue(ir::RequestPart part, ExprId key, Span span);
  void CheckClaim(std::string_view path, Span span, ir::Facts& facts);
  void CheckSubscriptionKey(std::string_view key, Span span, ir::Facts& facts);
  ir::Facts ResultFacts(const functions::Function& function, const std::vector<ExprId>& args) const;
  static bool IsAggregate(const ast::CallExpr& call);
  bool ReadsClock(const ast::CallExpr& call) const;
  bool ReadsZone(const ast::CallExpr& call) const;
  bool HasText(ast::ExprId id, std::string_view wanted) const;
  Definition* FindFunction(const ast::QualifiedName& name);
  void ReportUnknownFunction(const ast::QualifiedName& name);

  // ---- compare.cpp: comparisons ----
  ExprId BindComparison(std::string_view op, ast::ExprId lhs, ast::ExprId rhs, Span span, const Scope& scope);
  ExprId BindRowComparison(std::string_view op, ast::ExprId lhs, ast::ExprId rhs, Span span,
                           const Scope& scope);
  ExprId Compare(std::string_view op, ExprId lhs, ExprId rhs, Span span);
  ExprId CompareAs(Conversion conversion, std::string_view op, ExprId lhs, ExprId rhs, Span span);
  Conversion ConversionOf(ExprId lhs, ExprId rhs) const;
  ExprId Convert(ExprId operand, Conversion conversion);
  ExprId ApplyAffinity(ExprId operand, Affinity affinity);
  // The output of a subquery as its user sees it: a column, whose collation yields to one that is written.
  ExprId AsColumn(ExprId output);
  // The values of a row, or the one value.
  std::vector<ast::ExprId> RowItems(ast::ExprId expr) const;
  bool IsRow(ast::ExprId expr) const;

  // ---- in.cpp: IN, ANY, EXISTS ----
  ExprId BindIn(const ast::InExpr& expr, Span span, const Scope& scope, Need need);
  ExprId BindInTarget(const ast::InTarget& target, ast::ExprId value, bool negated, Span span,
                      const Scope& scope, Need need);
  ExprId BindInList(const std::vector<ast::ExprId>& items, ast::ExprId value, Span span, const Scope& scope);
  ExprId BindInRows(const std::vector<ast::ExprId>& items, ast::ExprId value, Span span, const Scope& scope);
  ExprId BindInValue(ast::ExprId target, ast::ExprId value, bool negated, Span span, const Scope& scope,
                     Need need);
  ExprId BindInQuery(ast::QueryId query, ast::ExprId value, bool negated, Span span, const Scope& scope,
                     Need need);
  ExprId BindInDefinition(Definition& definition, Span mention, ast::ExprId value, bool negated, Span span,
                          const Scope& scope, Need need);
  ExprId BindInTable(const ast::QualifiedName& table, ast::ExprId value, bool negated, Span span,
                     const Scope& scope, Need need);
  ExprId InJson(ast::ExprId value, ExprId json, Span span, const Scope& scope);
  ExprId BindQuantified(const ast::QuantifiedExpr& expr, Span span, const Scope& scope, Need need);
  ExprId BindInArray(ast::ExprId array, ast::ExprId value, Span span, const Scope& scope);
  static std::string_view OrderOperator(ast::BinaryOp op);
  ExprId BindExists(ast::QueryId query, Span span, const Scope& scope, Need need);
  // The arms of a subquery, one Draft each; none after a diagnostic.
  struct SubqueryArm {
    Draft draft;
    std::vector<ExprId> outputs;
  };
  std::optional<std::vector<SubqueryArm>> BindSubquery(ast::QueryId query, std::optional<size_t> width,
                                                       const Scope& scope);
  std::optional<std::vector<ExprId>> Outputs(const BoundArm& arm, std::optional<size_t> width, Span span);
  std::optional<std::vector<ExprId>> BindAll(const std::vector<ast::ExprId>& exprs, const Scope& scope);
  ExprId InSubquery(std::vector<SubqueryArm> arms, const std::vector<ExprId>& lhs, bool negated, Span span,
                    Need need);
  ExprId ExistsAny(std::vector<SubqueryArm> arms, Span span, Need need);
  // For each value of `lhs` what it and its partner in every arm are converted to.
  std::vector<Conversion> InConversions(const std::vector<SubqueryArm>& arms,
                                        const std::vector<ExprId>& lhs) const;
  ExprId InArm(SubqueryArm arm, const std::vector<ExprId>& lhs, const std::vector<Conversion>& conversions,
               Span span);

  // ---- check.cpp: types ----
  void CheckComparison(std::string_view op, ExprId lhs, ExprId rhs, Span span);
  bool CheckEnumLabel(ExprId column, ExprId literal, Span span);
  void CheckNumeric(std::string_view op, ExprId lhs, ExprId rhs, Span span);
  void CheckMoment(ExprId column, ExprId literal, Span span);
  void CheckSuspect(ExprId lhs, ExprId rhs, Span span);
  void CheckInJson(ExprId value, ExprId json, Span span);
  void CheckNullable(const std::vector<SubqueryArm>& arms, Span span);
  uint8_t ValuesOf(ExprId expr) const;
  bool KindsAgree(const schema::Type& a, const schema::Type& b) const;
  std::string Describe(ExprId expr) const;

  // ---- nodes.cpp: making expressions ----
  ExprId Add(ir::Expr expr, NodeInfo info = {});
  ExprId Literal(value::Value value, Span span);
  // Errors among the arguments make the call an error.
  ExprId Call(std::string_view callee, std::vector<ExprId> args, Span span);
  ir::Facts CallFacts(std::string_view callee, const std::vector<ExprId>& args) const;
  ExprId All(std::vector<ExprId> conjuncts, Span span);
  ExprId AnyOf(std::vector<ExprId> disjuncts, Span span);
  void AddConjunct(ExprId condition, Draft& draft);
  ExprId Error(Span span);
  bool IsError(ExprId id) const;
  const ir::Expr& At(ExprId id) const { return out_->module.exprs[id]; }
  const NodeInfo& Info(ExprId id) const { return out_->nodes[id.index]; }
  const ir::CallExpr* AsCall(ExprId id, std::string_view callee) const;
  // The literal's text, or null.
  std::optional<std::string_view> AsText(ExprId id) const;
  OccurrenceId AddOccurrence(ir::Occurrence occurrence, Draft& draft);
  // Takes from the query's and the module's allowance; false when it is used up, which is diagnosed.
  bool Spend(size_t nodes);
  void StartQuery(Span span);
  void TooLarge(const std::string& what);

  // Each problem is reported once, however often what holds it is put in place of its name.
  template <DiagKind K, typename... Args>
  source::Diagnostic& Report(Span at, Args&&... args);
  bool Silent(DiagKind kind) const;
  // Whether there was no such problem at this place yet: finding words for one takes longer than finding it.
  bool IsNews(DiagKind kind, Span at);
  // Whether anybody will be shown what is found now.
  bool IsShown() const { return diagnostics_.all().size() <= limits::ErrorsReportedMax; }
  template <typename Names>
  std::string DidYouMean(std::string_view name, const Names& known) const {
    return IsShown() ? schema::DidYouMean(name, known) : "";
  }

  const ast::Tree& tree_;
  const std::vector<ast::File>& files_;
  const schema::Catalog& catalog_;
  source::Diagnostics& diagnostics_;

  Output output_;
  Output* out_ = &output_;

  std::deque<Definition> definitions_;
  std::deque<Env> envs_;
  std::unordered_map<std::string, Definition*> views_;
  std::unordered_map<std::string, Definition*> functions_;
  std::unordered_map<const ast::Query*, const Env*> query_envs_;
  std::unordered_set<ast::QueryId> exists_queries_;  // stand after EXISTS
  std::unordered_map<std::string, Span> streams_;
  std::deque<ast::Query> stream_withs_;  // WITH of streams' blocks, in the form of queries'
  bool claims_declared_ = false;

  ir::Stream* stream_ = nullptr;  // whose queries are being bound
  std::unordered_set<std::string> parameters_used_;
  bool inside_definition_ = false;  // of a view or function, which has no parameters of the stream
  bool marking_ = false;            // mentions count as uses
  bool names_only_ = false;         // only unknown names are reported
  bool lenient_ = false;            // of the file that is being bound
  Span query_span_;
  size_t query_nodes_ = 0;
  size_t module_nodes_ = 0;
  size_t nesting_ = 0;
  std::unordered_set<std::string> reported_;
  std::set<std::tuple<DiagKind, uint32_t, uint32_t>> news_;  // kind, file, place
  source::Diagnostic dropped_{};
};

template <typename F>
void Binder::Scratch(F bind) {
  Output scratch;
  Output* before = out_;
  out_ = &scratch;
  bind();
  out_ = before;
}

template <DiagKind K, typename... Args>
source::Diagnostic& Binder::Report(Span at, Args&&... args) {
  std::string key = fmt::format("{} {} {} {} {}", static_cast<int>(K), at.file.index, at.begin, at.end,
                                fmt::format(source::DiagRow<K>::Message(), args...));
  if (Silent(K) || !reported_.insert(std::move(key)).second) return dropped_ = source::Diagnostic{};
  return diagnostics_.Report<K>(at, std::forward<Args>(args)...);
}

}  // namespace bulkhead::sema
