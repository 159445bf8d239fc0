#include "compiler/powersync/reader.h"

namespace bulkhead::powersync {
namespace {

constexpr std::string_view Precisions[] = {"seconds", "milliseconds", "microseconds", "nanoseconds"};

}  // namespace

void Reader::ReadConfig(NodeId node) {
  NodeId edition, edition_key, storage, storage_key, precision, iso, versioned, json, types, engine, compiler;
  bool map = Fields(node, "`config`",
                    {{"edition", &edition, &edition_key},
                     {"storage_version", &storage, &storage_key},
                     {"timestamp_max_precision", &precision},
                     {"timestamps_iso8601", &iso},
                     {"versioned_bucket_ids", &versioned},
                     {"fixed_json_extract", &json},
                     {"custom_postgres_types", &types},
                     {"unstable_sqlite_expression_engine", &engine},
                     {"sync_config_compiler", &compiler}});
  if (!map) return;
  if (edition.HasValue()) {
    auto value = Integer(edition);
    if (!value || *value < 1 || *value > 3) WrongValue(edition, "`edition`", "1, 2 or 3");
    config_.edition = value && *value >= 1 && *value <= 3 ? *value : 3;
    config_.edition_span = EntrySpan(edition_key, edition);
  }
  if (storage.HasValue()) {
    auto value = Integer(storage);
    if (!value || *value < 2 || *value > 3) WrongValue(storage, "`storage_version`", "2 or 3");
    if (value == 3) Report<DiagKind::UnstableStorage>(EntrySpan(storage_key, storage));
  }
  auto read = [&](NodeId id, std::string_view what, std::optional<bool>& option) {
    if (id.HasValue()) option = Flag(id, what);
  };
  read(iso, "`timestamps_iso8601`", config_.timestamps_iso8601);
  read(versioned, "`versioned_bucket_ids`", config_.versioned_bucket_ids);
  read(json, "`fixed_json_extract`", config_.fixed_json_extract);
  read(types, "`custom_postgres_types`", config_.custom_postgres_types);
  config_.sqlite_engine = FlagOr(engine, "`unstable_sqlite_expression_engine`", false);
  if (engine.HasValue()) config_.sqlite_engine_span = At(engine).span;
  FlagOr(compiler, "`sync_config_compiler`", true);
  if (!precision.HasValue()) return;
  config_.precision_span = At(precision).span;
  auto text = Text(precision, "`timestamp_max_precision`");
  bool known = false;
  for (std::string_view name : Precisions) known |= text == name;
  if (text && !known)
    WrongValue(precision, "`timestamp_max_precision`", "seconds, milliseconds, microseconds or nanoseconds");
}

void Reader::CheckConfig() {
  if (config_.precision_span.HasValue() && !config_.On(config_.timestamps_iso8601))
    Report<DiagKind::OptionNeeds>(config_.precision_span, "`timestamp_max_precision`",
                                  "`timestamps_iso8601: true`");
  if (!config_.sqlite_engine) return;
  if (config_.edition < 3)
    Report<DiagKind::NeedsEdition>(config_.sqlite_engine_span, "`unstable_sqlite_expression_engine`", 3);
  else if (!config_.On(config_.fixed_json_extract))
    Report<DiagKind::OptionNeeds>(config_.sqlite_engine_span, "`unstable_sqlite_expression_engine`",
                                  "`fixed_json_extract: true`");
}

}  // namespace bulkhead::powersync
