// Functions people know that may not be used in rules, with the reason.
#include "stdlib/functions/tables.h"

namespace bulkhead::functions {
namespace {

constexpr std::string_view Random = "Which rows a client holds must follow from data and request alone.";
constexpr std::string_view Identity =
    "A new identifier at each evaluation would make other rows each time; make it where the row is written.";
constexpr std::string_view Connection = "It tells of one database connection; rules are evaluated over data and request alone.";
constexpr std::string_view Regex =
    "Regular expressions differ between databases and can take very long. GLOB has sets ([a-z]*), LIKE has % and _, and split_part, "
    "instr and replace take text apart.";
constexpr std::string_view Position = "Which position counts differs between releases of SQLite; json_valid tells whether there is a mistake.";
constexpr std::string_view Binary = "SQLite's binary JSON differs between releases; JSON is text here: use the json_ function.";
constexpr std::string_view Clock = "The clock is not data; write times into columns, and compare those.";

constexpr Function Refused(std::string_view name, std::string_view signature, uint16_t least, uint16_t most, std::string_view why) {
  return {.name = name, .signature = signature, .args_min = least, .args_max = most, .purity = Purity::Refused, .doc = why};
}

constexpr Function Table[] = {
    Refused("random", "() -> integer", 0, 0, Random),
    Refused("randomblob", "(integer) -> blob", 1, 1, Random),
    Refused("gen_random_uuid", "() -> text", 0, 0, Identity),
    Refused("uuid_generate_v4", "() -> text", 0, 0, Identity),
    Refused("uuid", "() -> text", 0, 0, Identity),
    Refused("nextval", "(text) -> integer", 1, 1, Identity),
    Refused("last_insert_rowid", "() -> integer", 0, 0, Connection),
    Refused("changes", "() -> integer", 0, 0, Connection),
    Refused("total_changes", "() -> integer", 0, 0, Connection),
    Refused("sqlite_version", "() -> text", 0, 0, Connection),
    Refused("sqlite_source_id", "() -> text", 0, 0, Connection),
    Refused("version", "() -> text", 0, 0, Connection),
    Refused("regexp", "(text, text) -> integer", 2, 2, Regex),
    Refused("regexp_like", "(text, text [, text]) -> integer", 2, 3, Regex),
    Refused("regexp_count", "(text, text, …) -> integer", 2, 4, Regex),
    Refused("regexp_instr", "(text, text, …) -> integer", 2, 7, Regex),
    Refused("regexp_match", "(text, text [, text]) -> json", 2, 3, Regex),
    Refused("regexp_matches", "(text, text [, text]) -> json", 2, 3, Regex),
    Refused("regexp_replace", "(text, text, text, …) -> text", 3, 6, Regex),
    Refused("regexp_substr", "(text, text, …) -> text", 2, 6, Regex),
    Refused("regexp_split_to_array", "(text, text [, text]) -> json", 2, 3, Regex),
    Refused("regexp_split_to_table", "(text, text [, text]) -> text", 2, 3, Regex),
    Refused("json_error_position", "(text) -> integer", 1, 1, Position),
    Refused("jsonb", "(json) -> blob", 1, 1, Binary),
    Refused("jsonb_insert", "(json, path, any, …) -> blob", 1, AnyNumber, Binary),
    Refused("jsonb_replace", "(json, path, any, …) -> blob", 1, AnyNumber, Binary),
    Refused("jsonb_remove", "(json, path, …) -> blob", 1, AnyNumber, Binary),
    Refused("jsonb_patch", "(json, json) -> blob", 2, 2, Binary),
    Refused("jsonb_extract", "(json, path, …) -> any", 2, AnyNumber, Binary),
    Refused("jsonb_array", "(any, …) -> blob", 0, AnyNumber, Binary),
    Refused("jsonb_object", "(text, any, …) -> blob", 0, AnyNumber, Binary),
    Refused("pg_sleep", "(real) -> any", 1, 1, Clock),
};

}  // namespace

std::span<const Function> RefusedFunctions() { return Table; }

}  // namespace bulkhead::functions
