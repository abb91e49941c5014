// Writes a BSON document (bsonspec.org, version 1.1) into bytes that libbson and the server read. Names must have no zero byte;
// elements of arrays are named by themselves, so their names are not looked at.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::mongodb {

using ObjectId = std::array<char, 12>;

class DocumentWriter {
 public:
  DocumentWriter() { open(false); }

  DocumentWriter& boolean(std::string_view name, bool);
  DocumentWriter& int32(std::string_view name, std::int32_t);
  DocumentWriter& int64(std::string_view name, std::int64_t);
  DocumentWriter& real(std::string_view name, double);
  DocumentWriter& text(std::string_view name, std::string_view utf8);
  DocumentWriter& binary(std::string_view name, std::uint8_t subtype, std::string_view bytes);
  DocumentWriter& instant(std::string_view name, std::int64_t milliseconds);  // since 1970
  DocumentWriter& decimal128(std::string_view name, std::uint64_t high, std::uint64_t low);
  DocumentWriter& object_id(std::string_view name, const ObjectId&);
  DocumentWriter& null(std::string_view name);
  /// An element that is a document itself, given whole.
  DocumentWriter& document(std::string_view name, std::string_view bytes);
  /// Its members follow, until end().
  DocumentWriter& begin_document(std::string_view name);
  DocumentWriter& begin_array(std::string_view name);
  DocumentWriter& end();
  std::size_t depth() const noexcept { return open_.size(); }

  /// The document, whole. The writer is done.
  std::string take();

 private:
  struct Open {
    std::size_t at;  // where its length stands
    bool array;
    std::uint32_t next = 0;
  };
  void open(bool array);
  void close();
  void head(char type, std::string_view name);
  template <class T>
  void number(T value);

  std::string out_;
  std::vector<Open> open_;
};

}  // namespace assay::mongodb
