// Array binding: many rows of a prepared INSERT in one request (COM_STMT_BULK_EXECUTE of MariaDB).
#include "drivers/mysql/statement.h"

#include <fmt/format.h>
#include <mysql.h>

#include <cmath>
#include <deque>

namespace assay::mysql {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;  // of one request, well under max_allowed_packet

/// A column's cells as the library wants them: an array of one type, with what is NULL beside it.
class BoundColumn {
 public:
  BoundColumn(ColumnType type, std::size_t rows) : is_null_(rows, STMT_INDICATOR_NONE) {
    switch (type) {
      case ColumnType::boolean:
      case ColumnType::integer:
      case ColumnType::bigint:
        integers_.resize(rows);
        break;
      case ColumnType::real:
        reals_.resize(rows);
        break;
      default:
        bytes_ = type == ColumnType::bytes;
        texts_.resize(rows);
        lengths_.resize(rows);
    }
  }

  /// False: the value is of no kind that the column takes.
  bool set(std::size_t row, const Value& value) {
    if (is_null(value)) {
      is_null_[row] = STMT_INDICATOR_NULL;
      return true;
    }
    const auto* integer = std::get_if<std::int64_t>(&value);
    if (!integers_.empty()) {
      const auto* truth = std::get_if<bool>(&value);
      if (integer == nullptr && truth == nullptr) return false;
      integers_[row] = integer != nullptr ? *integer : static_cast<std::int64_t>(*truth);
      return true;
    }
    if (!reals_.empty()) {
      const auto* real = std::get_if<double>(&value);
      if (real == nullptr && integer == nullptr) return false;
      reals_[row] = real != nullptr ? *real : static_cast<double>(*integer);
      return std::isfinite(reals_[row]);
    }
    return set_text(row, value);
  }

  std::size_t size_of(std::size_t row) const noexcept { return texts_.empty() ? 9 : lengths_[row] + 9; }

  MYSQL_BIND bind(std::size_t first) noexcept {
    MYSQL_BIND out{};
    out.u.indicator = is_null_.data() + first;
    if (!integers_.empty()) {
      out.buffer_type = MYSQL_TYPE_LONGLONG;
      out.buffer = integers_.data() + first;
    } else if (!reals_.empty()) {
      out.buffer_type = MYSQL_TYPE_DOUBLE;
      out.buffer = reals_.data() + first;
    } else {
      out.buffer_type = bytes_ ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
      out.buffer = texts_.data() + first;
      out.length = lengths_.data() + first;
    }
    return out;
  }

 private:
  bool set_text(std::size_t row, const Value& value) {
    if (std::holds_alternative<Array>(value)) return false;
    std::string_view text;
    if (const auto* own = std::get_if<std::string_view>(&value))
      text = *own;
    else if (const auto* data = std::get_if<Bytes>(&value))
      text = data->data;
    else if (const auto* json = std::get_if<Json>(&value))
      text = json->text;
    else
      text = kept_.emplace_back(to_text(value));
    static char empty = '\0';
    texts_[row] = text.empty() ? &empty : const_cast<char*>(text.data());
    lengths_[row] = text.size();
    return true;
  }

  std::vector<char> is_null_;
  std::vector<std::int64_t> integers_;
  std::vector<double> reals_;
  bool bytes_ = false;
  std::vector<char*> texts_;
  std::vector<unsigned long> lengths_;
  std::deque<std::string> kept_;
};

}  // namespace

Result<> Executor::execute_bulk(Prepared& statement, std::span<const ColumnType> types, const RowBatch& batch,
                                std::size_t first, std::size_t last) {
  if (auto ready = prepare(statement); !ready) return ready;
  const std::size_t rows = last - first;
  std::vector<BoundColumn> columns;
  for (const ColumnType type : types) columns.emplace_back(type, rows);
  for (std::size_t r = 0; r < rows; r++)
    for (std::size_t c = 0; c < types.size(); c++)
      if (const Value& value = batch.row(first + r)[c]; !columns[c].set(r, value))
        return fail(FailureKind::rejected,
                    fmt::format("{}, row {} of the batch: {} does not fit column {}", statement.label, first + r,
                                to_text(value), c + 1),
                    "22003");
  std::vector<MYSQL_BIND> binds(types.size());
  MYSQL_STMT* const handle = statement.handle.get();
  for (std::size_t from = 0, to = 0; from < rows; from = to) {
    for (std::size_t bytes = 0; to < rows && (to == from || bytes < kMostBytes); to++)
      for (const BoundColumn& column : columns) bytes += column.size_of(to);
    for (std::size_t c = 0; c < types.size(); c++) binds[c] = columns[c].bind(from);
    const auto size = static_cast<unsigned>(to - from);
    mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &size);  // before the columns are bound
    mysql_stmt_bind_param(handle, binds.data());
    if (auto done = exchange(statement, false); !done) return done;
    if (statement.handle == nullptr) return fail(FailureKind::rejected, "the statement was lost");
  }
  return {};
}

}  // namespace assay::mysql
