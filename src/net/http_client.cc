#include "net/http_client.h"

#include "base/error.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>

namespace assay::net {
namespace {

/// libcurl wants to be told once, before any thread uses it.
void require_curl() {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (begun != CURLE_OK)
    throw Error("libcurl cannot be used: " + std::string(curl_easy_strerror(begun)), ExitCode::internal);
}

struct Header {
  curl_slist* list = nullptr;
  Header() = default;
  Header(const Header&) = delete;
  Header& operator=(const Header&) = delete;
  ~Header() { curl_slist_free_all(list); }
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list = longer;
  }
};

/// The hosts that no proxy is asked for: those of the environment, and this machine.
std::string without_proxy() {
  for (const char* name : {"no_proxy", "NO_PROXY"})
    if (const char* set = std::getenv(name); set != nullptr && *set != '\0')
      return set == std::string_view("*") ? "*" : std::string(set) + ",localhost,127.0.0.1,::1";
  return "localhost,127.0.0.1,::1";
}

/// One request under way. Stays where it is: libcurl points into it.
class Transfer {
 public:
  Transfer(CURLM* multi, const HttpRequest& request, const ClientOptions& options, const std::string& no_proxy)
      : multi_(multi), request_(request), curl_(curl_easy_init(), curl_easy_cleanup) {
    if (curl_ == nullptr) throw std::bad_alloc();
    set_up(options, no_proxy);
    if (curl_multi_add_handle(multi_, curl_.get()) != CURLM_OK) throw std::bad_alloc();
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { curl_multi_remove_handle(multi_, curl_.get()); }

  void end(CURLcode code) {
    if (code == CURLE_OK)
      curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &outcome.response.status);
    else
      fail(code);
  }

  Outcome outcome;

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }

  void set_up(const ClientOptions& options, const std::string& no_proxy) {
    header_.add("Expect:");  // no waiting for "100 Continue"
    if (!options.token.empty()) header_.add("Authorization: Bearer " + options.token);
    for (const auto& [name, value] : request_.headers) header_.add(name + ": " + value);
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    if (request_.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    // Without a body a POST still says that its length is 0; the method set above stays.
    if (!request_.body.empty() || request_.method == "POST") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set(CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.data());
    }
    set(CURLOPT_HTTPHEADER, header_.list);
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_NOPROXY, no_proxy.c_str());
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(request_.timeout).count();
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(timeout, 1)));  // 0 would be none
    set(CURLOPT_USERAGENT, "assay");
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(why_));
    set(CURLOPT_WRITEFUNCTION, &Transfer::take);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  }

  static std::size_t take(char* data, std::size_t size, std::size_t count, void* self) {
    HttpResponse& response = static_cast<Transfer*>(self)->outcome.response;
    const std::size_t most = static_cast<Transfer*>(self)->request_.most_answer;
    const std::size_t kept = std::min(size * count, most - response.body.size());
    response.body.append(data, kept);
    response.cut = response.cut || kept < size * count;
    return size * count;  // the rest is read and dropped
  }

  void fail(CURLcode code) {
    const std::string url = without_user(request_.url);
    outcome.response = {};
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
      outcome.error =
          Error(fmt::format("{} is no URL of a server: expected http://HOST[:PORT][/PATH] or https://…", url));
    else
      outcome.error = Error(fmt::format("{}: {}", url, why_[0] != '\0' ? why_ : curl_easy_strerror(code)),
                            code == CURLE_SSL_CACERT_BADFILE ? ExitCode::usage : ExitCode::unreachable);
  }

  CURLM* multi_;
  const HttpRequest& request_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  Header header_;
  char why_[CURL_ERROR_SIZE] = "";
};

}  // namespace

struct HttpClient::Inner {
  explicit Inner(ClientOptions o) : options(std::move(o)) {
    require_curl();
    multi.reset(curl_multi_init());
    if (multi == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMostKept);
  }

  static constexpr long kMostKept = 256;  // connections kept open, for as many agents

  ClientOptions options;
  std::string no_proxy = without_proxy();
  struct Close {
    void operator()(CURLM* m) const { curl_multi_cleanup(m); }
  };
  std::unique_ptr<CURLM, Close> multi;
};

HttpClient::HttpClient(ClientOptions options) : inner_(std::make_unique<Inner>(std::move(options))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

std::vector<Outcome> HttpClient::send_all(const std::vector<HttpRequest>& requests) {
  CURLM* const multi = inner_->multi.get();
  std::deque<Transfer> transfers;
  for (const HttpRequest& request : requests) transfers.emplace_back(multi, request, inner_->options, inner_->no_proxy);
  for (std::size_t left = transfers.size(); left > 0;) {
    int running = 0;
    CURLMcode code = curl_multi_perform(multi, &running);
    int more = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &more)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* transfer = nullptr;
      const CURLcode result = message->data.result;  // the message does not outlive the next call
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      static_cast<Transfer*>(transfer)->end(result);
      --left;
    }
    if (code == CURLM_OK && left > 0) code = curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
    if (code != CURLM_OK) throw Error(fmt::format("libcurl: {}", curl_multi_strerror(code)), ExitCode::internal);
  }
  std::vector<Outcome> outcomes;
  outcomes.reserve(transfers.size());
  for (Transfer& transfer : transfers) outcomes.push_back(std::move(transfer.outcome));
  return outcomes;
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  Outcome outcome = std::move(send_all({request}).front());
  if (outcome.error) throw Error(*outcome.error);
  return std::move(outcome.response);
}

HttpResponse send(const HttpRequest& request) { return HttpClient().send(request); }

std::string without_user(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = url.find_first_of("/?#", host);
  if (path == std::string_view::npos || url.substr(path) == "/") return {};
  return url.substr(path);
}

}  // namespace assay::net
