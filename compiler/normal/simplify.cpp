// Residuals and classes made of constants alone are decided here; a branch that can never hold disappears.
#include <algorithm>

#include "compiler/normal/draft.h"
#include "runtime/value/compare.h"

namespace bulkhead::normal {
namespace {

const value::OwnedValue* LiteralOf(const ir::Module& module, ExprId id) {
  const auto* literal = std::get_if<ir::LiteralExpr>(&module.exprs[id].kind);
  return literal ? &literal->value : nullptr;
}

enum class Known { Unknown, Always, Never };

Known Decide(const ir::Module& module, ExprId condition) {
  const value::OwnedValue* literal = LiteralOf(module, condition);
  if (!literal) return Known::Unknown;
  return value::Truth(literal->view()).value_or(false) ? Known::Always : Known::Never;
}

// A NULL member, or two different constants.
bool Contradicts(const ir::Module& module, const EqualityClass& cls) {
  const value::OwnedValue* first = nullptr;
  for (const auto& member : cls.members) {
    const value::OwnedValue* literal = LiteralOf(module, member.expr);
    if (!literal) continue;
    if (literal->is_null()) return true;
    if (first && value::Compare(first->view(), literal->view()) != 0) return true;
    first = literal;
  }
  return false;
}

void SimplifyExcluded(const ir::Module& module, std::vector<Beside>& excluded);

// False when there can be no such rows.
bool SimplifyBeside(const ir::Module& module, Beside& beside) {
  for (ExprId id : beside.conjuncts)
    if (Decide(module, id) == Known::Never) return false;
  std::erase_if(beside.conjuncts, [&](ExprId id) { return Decide(module, id) == Known::Always; });
  SimplifyExcluded(module, beside.excluded);
  return true;
}

void SimplifyExcluded(const ir::Module& module, std::vector<Beside>& excluded) {
  std::erase_if(excluded, [&](Beside& beside) { return !SimplifyBeside(module, beside); });
}

// False when the draft can never hold.
bool SimplifyDraft(const ir::Module& module, Draft& draft) {
  for (const Residual& residual : draft.residuals)
    if (Decide(module, residual.expr) == Known::Never) return false;
  std::erase_if(draft.residuals, [&](const Residual& r) { return Decide(module, r.expr) == Known::Always; });
  SimplifyExcluded(module, draft.excluded);
  return std::none_of(draft.classes.begin(), draft.classes.end(),
                      [&](const EqualityClass& cls) { return Contradicts(module, cls); });
}

}  // namespace

void Simplify(PassContext& context, Drafts& drafts) {
  std::erase_if(drafts, [&](Draft& draft) { return !SimplifyDraft(context.module, draft); });
}

}  // namespace bulkhead::normal
