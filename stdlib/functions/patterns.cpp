// LIKE and GLOB. `x LIKE p` is like(p, x).
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

struct Wildcards {
  uint32_t all, one;      // 0 when disabled.
  uint32_t escape;        // LIKE's ESCAPE; 0 for none.
  bool sets;              // GLOB's [a-z].
  bool fold;              // ASCII letters match in both cases.
};

uint32_t Fold(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

// Takes a set (after its `[`) off the pattern. False when it does not close or c is not in it.
bool MatchSet(std::string_view& pattern, uint32_t c) {
  auto next = [&] { return pattern.empty() ? 0 : TakeCodePoint(pattern); };
  bool seen = false, invert = false;
  uint32_t previous = 0, member = next();
  if (member == '^') invert = true, member = next();
  if (member == ']') seen = c == ']', member = next();
  while (member != 0 && member != ']') {
    if (member == '-' && previous > 0 && !pattern.empty() && pattern[0] != ']') {
      member = next();
      seen = seen || (c >= previous && c <= member);
      previous = 0;
    } else {
      seen = seen || c == member;
      previous = member;
    }
    member = next();
  }
  return member == ']' && seen != invert;
}

// Takes one element (not `all`) off the pattern and one character off the text; false when they do not match.
bool MatchElement(std::string_view& pattern, std::string_view& text, const Wildcards& wild) {
  uint32_t wanted = TakeCodePoint(pattern), c = TakeCodePoint(text);
  if (wild.sets && wanted == '[') return MatchSet(pattern, c);
  if (wanted == wild.escape && wild.escape != 0) {
    if (pattern.empty()) return false;
    wanted = TakeCodePoint(pattern);
  } else if (wanted == wild.one && wild.one != 0) {
    return true;
  }
  return wanted == c || (wild.fold && wanted < 0x80 && c < 0x80 && Fold(wanted) == Fold(c));
}

bool StartsWithAll(std::string_view pattern, const Wildcards& wild) {
  return !pattern.empty() && wild.all != 0 && static_cast<uint8_t>(pattern[0]) == wild.all;
}

// Only the latest `all` ever needs another try: what an earlier one matched can stay as short as it is.
bool Matches(Context& context, std::string_view pattern, std::string_view text, const Wildcards& wild) {
  bool starred = false;
  std::string_view star_pattern, star_text;
  for (;;) {
    if (!context.Spend(1)) return false;
    if (StartsWithAll(pattern, wild)) {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      starred = true;
      star_pattern = pattern;
      star_text = text;
      continue;
    }
    if (pattern.empty() && text.empty()) return true;
    if (!pattern.empty() && text.empty()) return false;
    if (!pattern.empty() && MatchElement(pattern, text, wild)) continue;
    if (!starred || star_text.empty()) return false;
    star_text.remove_prefix(CharacterBytes(star_text));
    pattern = star_pattern;
    text = star_text;
  }
}

Value Match(Context& context, Args args, const Wildcards& wild) {
  std::string_view pattern = Bytes(context, args[0]);
  if (pattern.size() > limits::PatternBytesMax) return context.Fail("a LIKE or GLOB pattern is too long");
  if (args[0].is_null() || args[1].is_null()) return {};
  return Value::Bool(Matches(context, UpToNul(pattern), UpToNul(Bytes(context, args[1])), wild));
}

// The distribution's SQLite is built so that blobs match nothing, before NULLs are looked at.
bool AnyBlob(Args args) { return args[0].type() == Type::Blob || args[1].type() == Type::Blob; }

Value Like(Context& context, Args args) {
  if (AnyBlob(args)) return Value::Bool(false);
  Wildcards wild{'%', '_', 0, false, true};
  if (args.size() > 2) {  // Looked at before NULLs of the others.
    if (args[2].is_null()) return {};
    std::string_view escape = UpToNul(Bytes(context, args[2]));
    if (escape.empty() || CharacterBytes(escape) != escape.size()) {
      return context.Fail("ESCAPE must be a single character");
    }
    wild.escape = TakeCodePoint(escape);
    if (wild.escape == wild.all) wild.all = 0;
    if (wild.escape == wild.one) wild.one = 0;
  }
  return Match(context, args, wild);
}

Value Glob(Context& context, Args args) {
  if (AnyBlob(args)) return Value::Bool(false);
  return Match(context, args, {'*', '?', 0, true, false});
}

constexpr Example LikeExamples[] = {{"like('a%', 'ABC')", "1"}, {"like('_b', 'aB')", "1"}, {"like('a', 'ab')", "0"},
                                    {"like('5!%', '5%', '!')", "1"}, {"like('5!%', '55', '!')", "0"}, {"like('a', NULL)", "NULL"},
                                    {"like('a', 'a', 'xx')", "error"}};
constexpr Example IlikeExamples[] = {{"ilike('a%', 'ABC')", "1"}};
constexpr Example GlobExamples[] = {{"glob('a*', 'abc')", "1"}, {"glob('a*', 'ABC')", "0"}, {"glob('[^a-c]?', 'dx')", "1"},
                                    {"glob('[]]', ']')", "1"}, {"glob('[a', 'a')", "0"}};

constexpr Function Table[] = {
    {.name = "like", .signature = "(text, text [, text]) -> integer", .args_min = 2, .args_max = 3, .nulls = NullRule::SeesNulls,
     .doc = "Whether the second argument matches the pattern in the first: % any characters, _ one, the third argument escapes. ASCII "
            "letters match in both cases. A blob matches nothing.",
     .examples = LikeExamples, .eval = Like},
    {.name = "ilike", .signature = "(text, text [, text]) -> integer", .args_min = 2, .args_max = 3, .nulls = NullRule::SeesNulls,
     .doc = "As like, which ignores case already.", .examples = IlikeExamples, .eval = Like},
    {.name = "glob", .signature = "(text, text) -> integer", .args_min = 2, .args_max = 2, .nulls = NullRule::SeesNulls,
     .doc = "Whether the second argument matches the pattern in the first: * any characters, ? one, [a-z] and [^a-z] sets. Case matters.",
     .examples = GlobExamples, .eval = Glob},
};

}  // namespace

std::span<const Function> PatternFunctions() { return Table; }

}  // namespace bulkhead::functions
