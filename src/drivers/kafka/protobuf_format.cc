// A row as a protobuf message, of a type that is made of the table when it is needed: proto3, package loadtest; the fields
// 1, 2, … are the columns in their order. By libprotobuf's descriptors and dynamic messages; nothing is generated nor compiled.
#include "base/error.h"
#include "drivers/kafka/format.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>

namespace assay::kafka {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptorProto;

Field::Type type_of(ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return Field::TYPE_BOOL;
    case ColumnType::integer:
    case ColumnType::bigint:
      return Field::TYPE_INT64;
    case ColumnType::real:
      return Field::TYPE_DOUBLE;
    case ColumnType::bytes:
      return Field::TYPE_BYTES;
    case ColumnType::timestamp:
      return Field::TYPE_MESSAGE;
    default:
      return Field::TYPE_STRING;
  }
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// user_events → UserEvents
std::string message_name(std::string_view table) {
  std::string out;
  bool upper = true;
  for (const char c : table) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

class Mistakes final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string&, const std::string& element, const pb::Message*, ErrorLocation,
                const std::string& message) override {
    if (text.empty()) text = fmt::format("{}: {}", element, message);
  }
  std::string text;
};

/// The type of the table's messages, in the pool.
const pb::Descriptor& type_in(pb::DescriptorPool& pool, const Table& table) {
  const std::string name = message_name(table.name);
  if (!is_name(table.name) || !is_name(name))
    throw Error(
        fmt::format("format=protobuf: the table '{}' makes no name of a message; expected letters, digits and _ of "
                    "ASCII, a letter first",
                    table.name));
  pb::FileDescriptorProto of_timestamp;
  pb::Timestamp::descriptor()->file()->CopyTo(&of_timestamp);
  pool.BuildFile(of_timestamp);
  pb::FileDescriptorProto file;
  file.set_name(table.name + ".proto");
  file.set_package("loadtest");
  file.set_syntax("proto3");
  pb::DescriptorProto& message = *file.add_message_type();
  message.set_name(name);
  for (const Column& column : table.columns) {
    if (!is_name(column.name))
      throw Error(
          fmt::format("format=protobuf: the column '{}' of {} makes no name of a field; expected letters, digits and _ "
                      "of ASCII, a letter first, or messages of JSON",
                      column.name, table.name));
    Field& field = *message.add_field();
    field.set_name(column.name);
    field.set_number(message.field_size());
    field.set_label(Field::LABEL_OPTIONAL);
    field.set_type(type_of(column.type));
    if (column.type == ColumnType::timestamp) {
      field.set_type_name(".google.protobuf.Timestamp");
      if (file.dependency_size() == 0) file.add_dependency("google/protobuf/timestamp.proto");
    } else if (column.nullable) {  // so that null is not 0 or ""
      field.set_proto3_optional(true);
      field.set_oneof_index(message.oneof_decl_size());
      message.add_oneof_decl()->set_name("_" + column.name);
    }
  }
  Mistakes mistakes;
  const pb::FileDescriptor* built = pool.BuildFileCollectingErrors(file, &mistakes);
  if (built == nullptr)
    throw Error(fmt::format("format=protobuf: the table {} makes no message: {}", table.name, mistakes.text));
  return *built->message_type(0);
}

class ProtobufFormat final : public RowFormat {
 public:
  explicit ProtobufFormat(const Table& table)
      : columns_(table.columns), type_(type_in(pool_, table)), message_(factory_.GetPrototype(&type_)->New()) {
    const pb::Descriptor& instant = *pool_.FindMessageTypeByName("google.protobuf.Timestamp");
    seconds_ = instant.FindFieldByName("seconds");
    nanos_ = instant.FindFieldByName("nanos");
  }

  void encode(const Value* row, std::string& out) override {
    message_->Clear();
    for (std::size_t c = 0; c < columns_.size(); c++)
      if (!is_null(row[c])) set(c, row[c]);
    out.clear();
    message_->AppendToString(&out);
  }

  Result<> decode(std::string_view text, RowBatch& batch) override {
    if (!message_->ParseFromArray(text.data(), static_cast<int>(text.size())))
      return fail(FailureKind::wrong_answer, fmt::format("the message is no {}", type_.full_name()));
    if (message_->GetReflection()->GetUnknownFields(*message_).field_count() > 0)
      return fail(FailureKind::wrong_answer, fmt::format("the message has fields that {} has not", type_.full_name()));
    for (std::size_t c = 0; c < columns_.size(); c++) {
      const std::optional<Value> cell = get(c, batch);
      if (!cell)
        return fail(FailureKind::wrong_answer,
                    fmt::format("the field '{}' does not hold what its column's type takes", columns_[c].name));
      batch.add(*cell);
    }
    return {};
  }

  std::string file_text() const { return type_.file()->DebugString(); }

 private:
  void set(std::size_t c, const Value& value) {
    const pb::Reflection& in = *message_->GetReflection();
    const pb::FieldDescriptor* field = type_.field(static_cast<int>(c));
    switch (field->type()) {
      case pb::FieldDescriptor::TYPE_BOOL:
        return in.SetBool(message_.get(), field, std::get<bool>(value));
      case pb::FieldDescriptor::TYPE_INT64:
        return in.SetInt64(message_.get(), field, std::get<std::int64_t>(value));
      case pb::FieldDescriptor::TYPE_DOUBLE: {
        const auto* whole = std::get_if<std::int64_t>(&value);
        return in.SetDouble(message_.get(), field,
                            whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value));
      }
      case pb::FieldDescriptor::TYPE_BYTES:
        return in.SetString(message_.get(), field, std::string(std::get<Bytes>(value).data));
      case pb::FieldDescriptor::TYPE_MESSAGE: {
        constexpr std::int64_t kSecond = 1'000'000;
        const std::int64_t all = std::get<Timestamp>(value).microseconds;
        const std::int64_t rest = ((all % kSecond) + kSecond) % kSecond;  // nanos count forward, also before 1970
        pb::Message* instant = in.MutableMessage(message_.get(), field);
        instant->GetReflection()->SetInt64(instant, seconds_, (all - rest) / kSecond);
        return instant->GetReflection()->SetInt32(instant, nanos_, static_cast<std::int32_t>(rest * 1000));
      }
      default:
        return in.SetString(message_.get(), field, text_of(value));
    }
  }

  static std::string text_of(const Value& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
    if (const auto* json = std::get_if<Json>(&value)) return std::string(json->text);
    std::string out;
    append_value(value, out);
    return out.size() >= 2 && out.front() == '"' ? out.substr(1, out.size() - 2) : out;
  }

  std::optional<Value> get(std::size_t c, RowBatch& batch) const {
    const pb::Reflection& in = *message_->GetReflection();
    const pb::FieldDescriptor* field = type_.field(static_cast<int>(c));
    if (field->has_presence() && !in.HasField(*message_, field))
      return columns_[c].nullable ? std::optional<Value>(kNull) : std::nullopt;
    std::string memory;
    switch (field->type()) {
      case pb::FieldDescriptor::TYPE_BOOL:
        return in.GetBool(*message_, field);
      case pb::FieldDescriptor::TYPE_INT64:
        return in.GetInt64(*message_, field);
      case pb::FieldDescriptor::TYPE_DOUBLE:
        return in.GetDouble(*message_, field);
      case pb::FieldDescriptor::TYPE_BYTES:
        return Bytes{batch.keep(in.GetStringReference(*message_, field, &memory))};
      case pb::FieldDescriptor::TYPE_MESSAGE: {
        const pb::Message& instant = in.GetMessage(*message_, field);
        return Timestamp{instant.GetReflection()->GetInt64(instant, seconds_) * 1'000'000 +
                         instant.GetReflection()->GetInt32(instant, nanos_) / 1000};
      }
      default:
        return from_text(columns_[c].type, in.GetStringReference(*message_, field, &memory), batch);
    }
  }

  static std::optional<Value> from_text(ColumnType type, const std::string& text, RowBatch& batch) {
    const auto of = [](const auto& found) { return found ? std::optional<Value>(Value(*found)) : std::nullopt; };
    switch (type) {
      case ColumnType::decimal:
        return of(decimal_of(text));
      case ColumnType::uuid:
        return of(uuid_of(text));
      case ColumnType::date:
        return of(date_of(text));
      case ColumnType::time:
        return of(time_of(text));
      case ColumnType::json:
      case ColumnType::array:
        return Value(Json{batch.keep(text)});
      default:
        return Value(batch.keep(text));
    }
  }

  const std::vector<Column> columns_;
  pb::DescriptorPool pool_;
  const pb::Descriptor& type_;
  pb::DynamicMessageFactory factory_;
  const std::unique_ptr<pb::Message> message_;
  const pb::FieldDescriptor *seconds_ = nullptr, *nanos_ = nullptr;
};

}  // namespace

std::unique_ptr<RowFormat> protobuf_format(const Table& table) { return std::make_unique<ProtobufFormat>(table); }

std::string proto_file(const Table& table) { return ProtobufFormat(table).file_text(); }

}  // namespace assay::kafka
