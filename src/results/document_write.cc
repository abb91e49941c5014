#include "base/error.h"
#include "base/units.h"
#include "results/document_fields.h"
#include "results/json_text.h"

#include <fmt/format.h>

#include <optional>

namespace assay {
namespace {

/// The archive that writes (document_fields.h).
class Writer {
 public:
  /// With a sink, what is written goes there piece by piece.
  explicit Writer(const TextSink* sink = nullptr) : sink_(sink) {}

  void header(std::string_view format, std::int64_t version) {
    json_.member("format", format).member("version", version);
  }

  template <class T>
  void field(std::string_view name, const T& v) {
    json_.key(name);
    put(v);
  }
  void signed_time(std::string_view name, Nanos v) { field(name, v); }
  template <class T>
  void optional(std::string_view name, const T& v) {
    if (v != T{}) field(name, v);
  }
  void identity(std::string_view name, std::uint64_t v) { json_.member(name, fmt::format("{}", v)); }
  void encoded_histogram(std::string_view name, const std::string& text) { optional(name, text); }

  void failure_counts(std::string_view name, const std::array<std::uint64_t, kFailureKinds>& counts) {
    json_.key(name).compact().open('{');
    for (int kind = 0; kind < kFailureKinds; kind++)
      if (const std::uint64_t n = counts[static_cast<std::size_t>(kind)]; n > 0)
        json_.member(to_string(static_cast<FailureKind>(kind)), n);
    json_.close('}');
  }
  void by_phase(std::string_view name, const std::array<OperationStats, kPhases>& phases) {
    json_.key(name).open('{');
    for (int phase = 0; phase < kPhases; phase++)
      if (const OperationStats& stats = phases[static_cast<std::size_t>(phase)]; !stats.empty())
        field(to_string(static_cast<Phase>(phase)), stats);
    json_.close('}');
  }
  void enter_group(const GroupResult& group) { group_ = &group; }
  void operation(std::string_view name, std::uint16_t index) {
    ASSAY_ASSERT(index < group_->operations.size());
    field(name, group_->operations[index].name);
  }
  void series(std::string_view name, const Series& series) {
    json_.key(name).open('{');
    field("interval_ns", series.interval());
    json_.key("intervals").open('[');
    for (const SeriesInterval& interval : series.intervals()) {
      json_.compact();
      put(interval);
      if (sink_ != nullptr && json_.text().size() > kPiece) (*sink_)(json_.flush());
    }
    json_.close(']').close('}');
  }
  void samples(std::string_view name, const std::vector<std::pair<Nanos, double>>& samples) {
    json_.key(name).compact().open('[');
    for (const auto& [at, value] : samples) json_.open('[').value(at.count()).value(value).close(']');
    json_.close(']');
  }

  template <class T>
  void put(const T& v) {
    if constexpr (requires { document::fields(*this, v); }) {
      json_.open('{');
      document::fields(*this, v);
      json_.close('}');
    } else if constexpr (std::is_enum_v<T>) {
      json_.value(to_string(v));
    } else {
      json_.value(v);
    }
  }
  void put(std::uint32_t v) { json_.value(std::uint64_t{v}); }
  void put(Nanos v) { json_.value(static_cast<std::int64_t>(v.count())); }
  void put(const std::string& v) { json_.value(std::string_view(v)); }
  void put(const Histogram& v) { json_.value(v.empty() ? std::string_view() : std::string_view(v.encode())); }
  void put(WallTime v) {
    const auto nanos = v.time_since_epoch() % std::chrono::seconds(1);
    std::string text = format_wall(v);  // whole seconds, ends in Z
    text.pop_back();
    json_.value(std::string_view(fmt::format("{}.{:09}Z", text, nanos.count())));
  }
  void put(const Settings& settings) {
    json_.open('{');
    for (const auto& [name, value] : settings) field(name, value);
    json_.close('}');
  }
  template <class T>
  void put(const std::optional<T>& v) {
    if (v)
      put(*v);
    else
      json_.null();
  }
  template <class T>
  void put(const std::vector<T>& values) {
    json_.open('[');
    for (const T& v : values) put(v);
    json_.close(']');
  }

  std::string take() { return json_.take(); }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;
  const TextSink* sink_;
  JsonText json_;
  const GroupResult* group_ = nullptr;
};

}  // namespace

std::string to_json(const Document& document) {
  Writer writer;
  writer.put(document);
  return writer.take();
}

void write_json(const Document& document, const TextSink& sink) {
  Writer writer(&sink);
  writer.put(document);
  sink(writer.take());
}

}  // namespace assay
