// State of Parse; its functions are spread over this folder by topic. Private to this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/powersync/yaml.h"
#include "compiler/source/diagnostic.h"

namespace bulkhead::powersync {

using ast::ExprId;
using ast::QueryId;
using source::DiagKind;

// The `config` map.
struct Config {
  int64_t edition = 1;
  Span edition_span;  // none when not written
  int64_t storage_version = 2;
  std::optional<bool> timestamps_iso8601, versioned_bucket_ids, fixed_json_extract, custom_postgres_types;
  bool sqlite_engine = false;
  Span sqlite_engine_span, precision_span;

  // From edition 2 on, what the switches mend is on unless switched off.
  bool On(const std::optional<bool>& option) const { return option.value_or(edition >= 2); }
  bool legacy() const { return edition < 3; }
};

// A query with the scalar it was read from.
struct Sql {
  QueryId query;
  const Node* node = nullptr;
};

class Reader {
 public:
  Reader(ast::Tree& tree, const source::Sources& sources, source::FileId file,
         source::Diagnostics& diagnostics)
      : tree_(tree), sources_(sources), file_(file), diagnostics_(diagnostics) {}
  ast::File File();

 private:
  // ---- values.cpp: YAML values ----
  struct Field {
    std::string_view key;
    NodeId* value;
    NodeId* key_node = nullptr;
  };
  // Puts the map's values where the fields say; other keys are errors. False when it is no map, which is
  // diagnosed.
  bool Fields(NodeId map, std::string_view what, std::initializer_list<Field> fields);
  std::optional<std::string_view> Text(NodeId node, std::string_view what);
  std::optional<bool> Flag(NodeId node, std::string_view what);
  std::optional<int64_t> Integer(NodeId node);
  bool FlagOr(NodeId node, std::string_view what, bool otherwise);
  std::optional<ast::Priority> PriorityOf(NodeId node);
  // The items of a list, or of a single value when `single_too`.
  std::vector<NodeId> List(NodeId node, std::string_view what, bool single_too);
  void WrongValue(NodeId node, std::string_view what, std::string_view wanted);
  const Node& At(NodeId id) const { return document_[id]; }
  Span EntrySpan(NodeId key, NodeId value) const;
  ast::Name NameOf(NodeId key) const;
  // Whether a key can name something; diagnosed.
  bool IsName(NodeId key);

  // ---- config.cpp ----
  void ReadConfig(NodeId node);
  void CheckConfig();

  // ---- sql.cpp: one piece of SQL ----
  std::optional<Sql> ReadSql(NodeId node);
  bool OneStatement(const Node& node);
  bool WithinLimits(NodeId id);
  void NameOutputs(const Sql& sql, ast::Select& select);
  std::string Written(const Node& node, Span span) const;

  // ---- streams.cpp ----
  struct StreamKeys {
    NodeId query, query_key, queries, queries_key, with, with_key, auto_subscribe, priority, dangerous;
  };
  using CteNames = std::map<std::string, ast::Name>;  // by the name in lower case
  void ReadGlobalWith(NodeId key, NodeId node);
  std::vector<ast::Cte> ReadWith(NodeId node);
  CteNames NamesIn(NodeId node) const;
  void ReadStreams(NodeId node);
  void ReadStream(NodeId map, NodeId key, NodeId node);
  bool TakeName(NodeId map, NodeId key);
  void CheckStreamKeys(const StreamKeys& keys, Span span);
  std::vector<Sql> StreamQueries(const StreamKeys& keys);
  void FinishStreamQuery(const Sql& sql, const std::vector<ast::Cte>& with);
  void NameCtes(QueryId query, const CteNames& names, const ast::Name* inside);
  void CheckStars(const ast::Select& select);
  void NoteGuarded(const std::vector<ast::Cte>& with);
  void CheckDangers(const std::vector<Sql>& queries, const std::vector<ast::Cte>& with);
  void AddStatement(Span span, ast::Statement::Kind kind);

  // ---- output.cpp: the client's table ----
  void NameOutputTable(QueryId query, const std::vector<ast::Cte>& with);
  void CheckSuffixes(QueryId query);

  // ---- buckets.cpp: bucket_definitions ----
  struct Parameters {
    Sql sql;
    std::vector<std::string> names;
    int64_t priority = 3;
  };
  void ReadDefinitions(NodeId node);
  void ReadDefinition(NodeId map, NodeId key, NodeId node);
  std::optional<Parameters> ReadParameters(NodeId node, std::optional<ast::Priority> priority);
  std::optional<int64_t> TakePriority(ast::Select& select, bool also_elsewhere);
  bool SameNames(const std::vector<Parameters>& parameters);
  void OrderOutputs(Parameters& parameters, const std::vector<std::string>& names);
  std::optional<Sql> ReadData(NodeId node, const std::vector<std::string>& names, bool has_parameters);
  bool CheckBucketUse(const Sql& sql, const std::vector<std::string>& names);
  ast::Cte BucketOf(const std::vector<Parameters>& parameters, int64_t priority, Span span);
  QueryId JoinBucket(const Sql& data, Span span);
  void CheckClientValues(const Parameters& parameters, const Node& node);

  // ---- legacy.cpp: what editions 1 and 2 spell otherwise ----
  void QualifyColumns(ast::Select& select);
  void RewriteRequests(QueryId query);
  void RewriteJson(QueryId query);
  void RewriteSuffixes(QueryId query);
  void MarkStars(ast::Select& select);
  void CheckFolding(QueryId query);
  void RewriteLegacy(const Sql& sql, bool data);

  // ---- events.cpp ----
  void ReadEvents(NodeId node);

  // ---- comments.cpp: YAML's and SQL's, kept beside the statements they stand in ----
  void AddComments();
  std::vector<ast::Comment> YamlComments() const;
  std::vector<ast::Comment> SqlComments() const;

  // ---- notes.cpp: what PowerSync's service does otherwise ----
  void NoteDifferences(QueryId query, bool bucket);
  void NoteConfig();

  ExprId Add(Span span, ast::Expr::Kind kind) { return tree_.exprs.Add({span, std::move(kind)}); }
  template <DiagKind K, typename... Args>
  source::Diagnostic& Report(Span at, Args&&... args) {
    return diagnostics_.Report<K>(at, std::forward<Args>(args)...);
  }

  ast::Tree& tree_;
  const source::Sources& sources_;
  source::FileId file_;
  source::Diagnostics& diagnostics_;
  Document document_;
  Config config_;
  ast::File out_;
  std::vector<const Node*> sql_nodes_;
  std::deque<std::string> texts_;  // SQL that was completed before it was parsed
  CteNames globals_;
  std::map<std::string, QueryId> views_;  // the global WITH queries
  std::set<std::string> guarded_;         // those that give only what the token asks for
  std::map<std::string, NodeId> names_;   // of streams and definitions: the map each is in
  size_t sql_bytes_ = 0, aliased_bytes_ = 0;
  std::unordered_set<NodeId> sql_read_;
  bool too_large_ = false;
};

}  // namespace bulkhead::powersync
