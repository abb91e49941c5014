// What a message is: a row as JSON, or as a protobuf message of a type made for the table. The key is the primary key as text.
//
// An encoder and a decoder of one table in one, used by one thread. What encode() is given, decode() answers: the same values
// of the same kinds, times to the microsecond. docs/populate-kafka.md has the forms; they change only together with it.
#pragma once

#include "base/result.h"
#include "core/table.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kafka {

class RowFormat {
 public:
  virtual ~RowFormat() = default;
  /// Replaces `out`. The row has a cell for each column of the table.
  virtual void encode(const Value* row, std::string& out) = 0;
  /// Adds a row, whose texts the batch keeps. A failure (wrong_answer) says what is wrong where; the batch may then have part of
  /// a row.
  virtual Result<> decode(std::string_view message, RowBatch&) = 0;
};

/// Both keep the table. Throw Error when it has what the format has not.
std::unique_ptr<RowFormat> json_format(const Table&);
std::unique_ptr<RowFormat> protobuf_format(const Table&);
/// The .proto file of the table, which decodes its messages.
std::string proto_file(const Table&);

/// The key of a row's message: the one column's text, or those of several in a JSON array. None without a primary key.
class RowKey {
 public:
  explicit RowKey(const Table&);
  std::optional<std::string_view> of(const Value* row);

 private:
  std::vector<std::size_t> columns_;
  std::string text_;
};

// The texts that values have in both formats.
std::string uuid_text(const Uuid&);
std::string time_text(TimeOfDay);     // 23:07:33.000000
std::string instant_text(Timestamp);  // 2026-11-20T23:07:33.000000Z
std::optional<Uuid> uuid_of(std::string_view);
std::optional<Date> date_of(std::string_view);
std::optional<TimeOfDay> time_of(std::string_view);
std::optional<Timestamp> instant_of(std::string_view);
std::optional<Decimal> decimal_of(std::string_view);
std::optional<std::string> bytes_of(std::string_view base64);
void append_quoted(std::string_view text, std::string& json);
/// A value as JSON, in one line.
void append_value(const Value&, std::string& json);

}  // namespace assay::kafka
