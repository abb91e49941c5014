// JSON documents, and geometries as GeoJSON (RFC 7946), in the form of json_text.h.
#include "dataset/json_text.h"
#include "dataset/source.h"
#include "dataset/texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace assay::dataset {
namespace {

class DocumentSource final : public Source {
 public:
  explicit DocumentSource(std::vector<Member> members) : members_(std::move(members)) {
    std::sort(members_.begin(), members_.end(),
              [](const Member& a, const Member& b) { return json_name_before(a.name, b.name); });
    for (const Member& member : members_) {
      std::string& name = names_.emplace_back(names_.empty() ? "{" : ", ");
      append_json_string(member.name, name);
      name += ": ";
    }
  }
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    std::vector<Value> values(rows.count * members_.size());
    for (std::size_t m = 0; m < members_.size(); m++)
      members_[m].source->fill(rows, {values.data() + m, members_.size()}, keep);
    std::string text;
    for (std::size_t i = 0; i < rows.count; i++) {
      text.clear();
      for (std::size_t m = 0; m < members_.size(); m++) {
        text += names_[m];
        append_json(values[i * members_.size() + m], text);
      }
      text += '}';
      cells[i] = Json{keep.keep(text)};
    }
  }

 private:
  std::vector<Member> members_;
  std::vector<std::string> names_;
};

/// {"id": 17, "tag": "amber", "score": 80, "active": true}
class SmallDocumentSource final : public Source {
 public:
  explicit SmallDocumentSource(Seeded seeded) : seeded_(seeded), words_(vocabulary().all) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    const ColumnKey key = seeded_.of(rows.version);
    for (std::size_t i = 0; i < rows.count; i++) {
      Draws draws(key.hash(rows.numbers[i]));
      char* const begin = keep.room(kLongest);
      char* at = write_number(rows.numbers[i], write_text("{\"id\": ", begin));
      at = write_text(words_[draws.below(words_.size())], write_text(", \"tag\": \"", at));
      at = write_number(draws.below(101), write_text("\", \"score\": ", at));
      at = write_text(draws.below(2) == 0 ? ", \"active\": false}" : ", \"active\": true}", at);
      cells[i] = Json{keep.take(begin, static_cast<std::size_t>(at - begin))};
    }
  }

 private:
  static constexpr std::size_t kLongest = 160;
  Seeded seeded_;
  std::span<const std::string_view> words_;
};

/// In millionths of a degree: as many digits as a double keeps in every store.
struct Place {
  std::int64_t x, y;
};

class GeometryText {
 public:
  GeometryText(Draws& draws, std::string& out) : draws_(draws), out_(out) {}

  void append(Geometry geometry) {
    fmt::format_to(std::back_inserter(out_), "{{\"type\": \"{}\", ", type_of(geometry));
    if (geometry == Geometry::geometry_collection) {
      out_ += "\"geometries\": [";
      append(Geometry::point);
      out_ += ", ";
      append(Geometry::line_string);
    } else {
      out_ += "\"coordinates\": ";
      coordinates(geometry);
      if (geometry != Geometry::point) out_ += ']';
    }
    out_ += geometry == Geometry::geometry_collection ? "]}" : "}";
  }

 private:
  static std::string_view type_of(Geometry geometry) {
    constexpr std::string_view kTypes[] = {"Point",           "LineString",   "Polygon",           "MultiPoint",
                                           "MultiLineString", "MultiPolygon", "GeometryCollection"};
    return kTypes[static_cast<std::size_t>(geometry)];
  }

  /// All but the last bracket of what is a list of places.
  void coordinates(Geometry geometry) {
    switch (geometry) {
      case Geometry::point:
        return place(anywhere());
      case Geometry::multi_point:
      case Geometry::line_string:
        return walk();
      case Geometry::polygon:
        return ring();
      default:
        break;
    }
    const std::uint64_t count = 1 + draws_.below(3);
    for (std::uint64_t i = 0; i < count; i++) {
      out_ += i == 0 ? "[" : ", ";
      geometry == Geometry::multi_polygon ? ring() : walk();
      out_ += ']';
    }
  }

  Place anywhere() {
    return {static_cast<std::int64_t>(draws_.below(358'000'001)) - 179'000'000,
            static_cast<std::int64_t>(draws_.below(178'000'001)) - 89'000'000};
  }

  void walk() {
    Place at = anywhere();
    const std::uint64_t count = 2 + draws_.below(4);
    for (std::uint64_t i = 0; i < count; i++) {
      out_ += i == 0 ? "[" : ", ";
      place(at);
      // Less than a fifth of a degree each: it stays on the globe, and no two neighbours are the same place.
      at = {at.x + 1 + static_cast<std::int64_t>(draws_.below(190'000)),
            at.y + static_cast<std::int64_t>(draws_.below(190'000))};
    }
  }

  /// A rectangle, counterclockwise, closed.
  void ring() {
    const Place a = anywhere();
    const Place b = {a.x + 1 + static_cast<std::int64_t>(draws_.below(900'000)),
                     a.y + 1 + static_cast<std::int64_t>(draws_.below(900'000))};
    out_ += "[[";
    for (const Place corner : {a, Place{b.x, a.y}, b, Place{a.x, b.y}}) {
      place(corner);
      out_ += ", ";
    }
    place(a);
    out_ += ']';
  }

  void place(Place at) {
    out_ += '[';
    degrees(at.x);
    out_ += ", ";
    degrees(at.y);
    out_ += ']';
  }

  void degrees(std::int64_t millionths) {
    if (millionths < 0) out_ += '-';
    const std::int64_t size = millionths < 0 ? -millionths : millionths;
    fmt::format_to(std::back_inserter(out_), "{}.{:06}", size / 1'000'000, size % 1'000'000);
    while (out_.back() == '0') out_.pop_back();
    if (out_.back() == '.') out_.pop_back();
  }

  Draws& draws_;
  std::string& out_;
};

class GeometrySource final : public Source {
 public:
  GeometrySource(Geometry geometry, Seeded seeded) : geometry_(geometry), seeded_(seeded) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    const ColumnKey key = seeded_.of(rows.version);
    std::string text;
    for (std::size_t i = 0; i < rows.count; i++) {
      Draws draws(key.hash(rows.numbers[i]));
      text.clear();
      GeometryText(draws, text).append(geometry_);
      cells[i] = Json{keep.keep(text)};
    }
  }

 private:
  Geometry geometry_;
  Seeded seeded_;
};

}  // namespace

std::unique_ptr<Source> document_source(std::vector<Member> members, Seeded seeded) {
  if (members.empty()) return std::make_unique<SmallDocumentSource>(seeded);
  return std::make_unique<DocumentSource>(std::move(members));
}

std::unique_ptr<Source> geometry_source(Geometry geometry, Seeded seeded) {
  return std::make_unique<GeometrySource>(geometry, seeded);
}

}  // namespace assay::dataset
