// The statements of one transaction on their way to the target: in batches (one round trip each) or, with the pipeline
// off, one by one. The transaction's code is the same for both: it asks, flushes, and its handlers are called with the
// answers.
//
// Lives on the stack of a transaction. A handler must outlive the next flush(); the rows it is given are gone when it
// returns. The first failure ends the conversation: what is asked afterwards is not carried out and flush() answers it.
#pragma once

#include "base/error.h"
#include "core/facets.h"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>

namespace assay::tpcc {

class Conversation {
 public:
  Conversation(QueryFacet& query, bool pipeline) : query_(query), pipeline_(pipeline) {}

  void begin(const Transaction& transaction) {
    if (pipeline_)
      query_.enqueue_begin(transaction);
    else if (!failure_)
      note(query_.begin(transaction));
  }
  void commit() {
    if (pipeline_)
      query_.enqueue_commit();
    else if (!failure_)
      note(query_.commit());
  }

  /// `handler(rows, tag)` is called with the answer: at flush(), or at once when the pipeline is off.
  template <class Handler>
  void ask(StatementId statement, std::span<const Value> arguments, Handler& handler, std::size_t tag = 0) {
    if (pipeline_) {
      ASSAY_ASSERT(waiting_count_ < waiting_.size());
      waiting_[waiting_count_++] = {&handler, &call<Handler>, query_.enqueue(statement, arguments), tag};
    } else if (!failure_) {
      const Result<const ResultSet*> answer = query_.execute(statement, arguments);
      if (answer)
        handler(**answer, tag);
      else
        failure_ = answer.error();
    }
  }
  template <class Handler>
  void ask(StatementId statement, std::initializer_list<Value> arguments, Handler& handler, std::size_t tag = 0) {
    ask(statement, std::span(arguments.begin(), arguments.size()), handler, tag);
  }
  /// The answer does not matter.
  void tell(StatementId statement, std::span<const Value> arguments) {
    if (pipeline_) {
      query_.enqueue(statement, arguments);
    } else if (!failure_) {
      const Result<const ResultSet*> answer = query_.execute(statement, arguments);
      if (!answer) failure_ = answer.error();
    }
  }
  void tell(StatementId statement, std::initializer_list<Value> arguments) {
    tell(statement, std::span(arguments.begin(), arguments.size()));
  }

  Result<> flush() {
    if (failure_) return tl::unexpected(*failure_);
    if (!pipeline_) return {};
    const std::size_t count = waiting_count_;
    waiting_count_ = 0;
    if (Result<> done = query_.flush(); !done) {
      failure_ = done.error();
      return done;
    }
    for (std::size_t i = 0; i < count; i++)
      waiting_[i].call(waiting_[i].handler, query_.result(waiting_[i].index), waiting_[i].tag);
    return {};
  }

 private:
  struct Waiting {
    void* handler = nullptr;
    void (*call)(void*, const ResultSet&, std::size_t) = nullptr;
    std::size_t index = 0, tag = 0;
  };
  template <class Handler>
  static void call(void* handler, const ResultSet& rows, std::size_t tag) {
    (*static_cast<Handler*>(handler))(rows, tag);
  }
  void note(Result<> result) {
    if (!result) failure_ = result.error();
  }

  QueryFacet& query_;
  const bool pipeline_;
  std::optional<Failure> failure_;
  std::array<Waiting, 40> waiting_;  // a Delivery asks for three answers of each of ten districts at most
  std::size_t waiting_count_ = 0;
};

}  // namespace assay::tpcc
