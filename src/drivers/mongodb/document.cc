#include "drivers/mongodb/document.h"

#include "base/error.h"

#include <bit>
#include <cstring>

namespace assay::mongodb {

static_assert(std::endian::native == std::endian::little, "BSON is little-endian, and numbers are copied as they are");

template <class T>
void DocumentWriter::number(T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out_.append(bytes, sizeof value);
}

void DocumentWriter::open(bool array) {
  open_.push_back({out_.size(), array});
  out_.append(4, '\0');
}

void DocumentWriter::close() {
  out_ += '\0';
  const auto size = static_cast<std::int32_t>(out_.size() - open_.back().at);
  std::memcpy(out_.data() + open_.back().at, &size, sizeof size);
  open_.pop_back();
}

void DocumentWriter::head(char type, std::string_view name) {
  out_ += type;
  if (Open& in = open_.back(); in.array)
    out_ += std::to_string(in.next++);
  else
    out_ += name;
  out_ += '\0';
}

DocumentWriter& DocumentWriter::boolean(std::string_view name, bool value) {
  head('\x08', name);
  out_ += value ? '\1' : '\0';
  return *this;
}

DocumentWriter& DocumentWriter::int32(std::string_view name, std::int32_t value) {
  head('\x10', name);
  number(value);
  return *this;
}

DocumentWriter& DocumentWriter::int64(std::string_view name, std::int64_t value) {
  head('\x12', name);
  number(value);
  return *this;
}

DocumentWriter& DocumentWriter::real(std::string_view name, double value) {
  head('\x01', name);
  number(value);
  return *this;
}

DocumentWriter& DocumentWriter::text(std::string_view name, std::string_view utf8) {
  head('\x02', name);
  number(static_cast<std::int32_t>(utf8.size() + 1));
  out_ += utf8;
  out_ += '\0';
  return *this;
}

DocumentWriter& DocumentWriter::binary(std::string_view name, std::uint8_t subtype, std::string_view bytes) {
  head('\x05', name);
  number(static_cast<std::int32_t>(bytes.size()));
  out_ += static_cast<char>(subtype);
  out_ += bytes;
  return *this;
}

DocumentWriter& DocumentWriter::instant(std::string_view name, std::int64_t milliseconds) {
  head('\x09', name);
  number(milliseconds);
  return *this;
}

DocumentWriter& DocumentWriter::decimal128(std::string_view name, std::uint64_t high, std::uint64_t low) {
  head('\x13', name);
  number(low);
  number(high);
  return *this;
}

DocumentWriter& DocumentWriter::object_id(std::string_view name, const ObjectId& id) {
  head('\x07', name);
  out_.append(id.data(), id.size());
  return *this;
}

DocumentWriter& DocumentWriter::null(std::string_view name) {
  head('\x0a', name);
  return *this;
}

DocumentWriter& DocumentWriter::document(std::string_view name, std::string_view bytes) {
  head('\x03', name);
  out_ += bytes;
  return *this;
}

DocumentWriter& DocumentWriter::begin_document(std::string_view name) {
  head('\x03', name);
  open(false);
  return *this;
}

DocumentWriter& DocumentWriter::begin_array(std::string_view name) {
  head('\x04', name);
  open(true);
  return *this;
}

DocumentWriter& DocumentWriter::end() {
  ASSAY_ASSERT(open_.size() > 1);
  close();
  return *this;
}

std::string DocumentWriter::take() {
  ASSAY_ASSERT(open_.size() == 1);
  close();
  return std::move(out_);
}

}  // namespace assay::mongodb
