// Builds and lays out S-expressions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::ast {

// An atom, or a list of nodes.
struct Sexpr {
  std::string atom;
  std::vector<Sexpr> items;

  static Sexpr Atom(std::string text) { return {std::move(text), {}}; }
  static Sexpr List(std::string head) { return {"", {Atom(std::move(head))}}; }
  bool IsList() const { return !items.empty(); }

  Sexpr& Add(Sexpr item) {
    items.push_back(std::move(item));
    return *this;
  }
  Sexpr& Add(std::string atom) { return Add(Atom(std::move(atom))); }
  // Adds `atom` only when `condition` holds.
  Sexpr& AddIf(bool condition, std::string atom) {
    if (condition) Add(std::move(atom));
    return *this;
  }
};

// Lists that fit into `width` columns stay on one line; in others each list stands on a line of its own.
std::string Layout(const Sexpr& root, size_t width = 100);

// 'text' with quotes doubled and control characters as \n, \x01.
std::string QuoteAtom(std::string_view text);

}  // namespace bulkhead::ast
