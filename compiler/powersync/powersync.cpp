#include "compiler/powersync/powersync.h"

#include "compiler/powersync/reader.h"

namespace bulkhead::powersync {

bool HasYamlName(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

ast::File Parse(ast::Tree& tree, const source::Sources& sources, source::FileId file,
                source::Diagnostics& diagnostics) {
  return Reader(tree, sources, file, diagnostics).File();
}

ast::File Reader::File() {
  out_.source = file_;
  out_.lenient = true;
  const source::File& text = sources_[file_];
  if (!text.replaced_bytes.empty()) {
    uint32_t at = text.replaced_bytes[0];
    Report<DiagKind::InvalidUtf8>({file_, at, at + 3}).Help("save the file as UTF-8");
    return std::move(out_);
  }
  document_ = ParseYaml(sources_, file_, diagnostics_);
  if (!document_.root.HasValue()) {
    if (!diagnostics_.has_errors())
      Report<DiagKind::MissingKey>({file_, 0, 0}, "this file", "`bucket_definitions` or `streams`");
    return std::move(out_);
  }
  NodeId config, buckets, buckets_key, streams, streams_key, with, with_key, events;
  bool map = Fields(document_.root, "this file",
                    {{"config", &config},
                     {"bucket_definitions", &buckets, &buckets_key},
                     {"streams", &streams, &streams_key},
                     {"with", &with, &with_key},
                     {"event_definitions", &events}});
  if (!map) return std::move(out_);
  if (config.HasValue()) ReadConfig(config);
  CheckConfig();
  if (!buckets.HasValue() && !streams.HasValue())
    Report<DiagKind::MissingKey>(At(document_.root).span, "this file", "`bucket_definitions` or `streams`");
  if (with.HasValue()) ReadGlobalWith(with_key, with);
  if (buckets.HasValue() && config_.edition >= 3) {
    Report<DiagKind::NotInEdition>(EntrySpan(buckets_key, buckets), "`bucket_definitions`", 3)
        .Help("write each definition as a stream with `auto_subscribe: true`, or leave `edition` at 2");
  } else if (buckets.HasValue()) {
    ReadDefinitions(buckets);
  }
  if (streams.HasValue() && config_.edition < 2) {
    Report<DiagKind::NeedsEdition>(EntrySpan(streams_key, streams), "`streams`", 2)
        .Help("write `config: {edition: 3}` at the top");
  } else if (streams.HasValue()) {
    if (config_.edition == 2) Report<DiagKind::AlphaStreams>(At(streams).span).Help("write `edition: 3`");
    ReadStreams(streams);
  }
  if (events.HasValue()) ReadEvents(events);
  NoteConfig();
  AddComments();
  return std::move(out_);
}

}  // namespace bulkhead::powersync
