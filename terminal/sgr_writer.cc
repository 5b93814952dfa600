#include "terminal/sgr_writer.h"

#include <array>
#include <string_view>

namespace sallyport::terminal {
namespace {

// The attributes of a stock client in canonical order, and the codes that set and reset them (terminal 2.3).
struct AttributeCode {
  std::uint16_t bits;
  std::uint8_t on;
  std::uint8_t off;
};
constexpr std::array kAttributeCodes = {
    AttributeCode{kBold, 1, 22},  AttributeCode{kItalic, 3, 23},  AttributeCode{kUnderlineMask, 4, 24},
    AttributeCode{kBlink, 5, 25}, AttributeCode{kInverse, 7, 27}, AttributeCode{kInvisible, 8, 28},
};

// Parameters of one sequence. Longest: all six attributes and two RGB colours,
// "0;1;3;4;5;7;8;38;2;255;255;255;48;2;...".
class Parameters {
 public:
  void add(std::uint32_t number) {
    if (size_ != 0) {
      put(';');
    }
    if (number >= 100) {
      put(static_cast<char>('0' + number / 100));
    }
    if (number >= 10) {
      put(static_cast<char>('0' + number / 10 % 10));
    }
    put(static_cast<char>('0' + number % 10));
  }
  /// `base` is 30 for the foreground, 40 for the background.
  void add_color(Color color, std::uint32_t base) {
    if (color.is_default()) {
      add(base + 9);
    } else if (color.is_rgb()) {
      add(base + 8);
      add(2);
      add(color.red());
      add(color.green());
      add(color.blue());
    } else if (color.value() < 8) {
      add(base + color.value());
    } else {
      add(base + 8);
      add(5);
      add(color.value());
    }
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  void put(char byte) { text_[size_++] = byte; }
  std::array<char, 72> text_;
  std::size_t size_ = 0;
};

Parameters complete(const Rendition& to) {
  Parameters parameters;
  parameters.add(0);
  for (const AttributeCode& code : kAttributeCodes) {
    if ((to.attributes & code.bits) != 0) {
      parameters.add(code.on);
    }
  }
  if (!to.foreground.is_default()) {
    parameters.add_color(to.foreground, 30);
  }
  if (!to.background.is_default()) {
    parameters.add_color(to.background, 40);
  }
  return parameters;
}

Parameters difference(const Rendition& from, const Rendition& to) {
  Parameters parameters;
  for (const AttributeCode& code : kAttributeCodes) {
    if (((from.attributes ^ to.attributes) & code.bits) != 0) {
      parameters.add((to.attributes & code.bits) != 0 ? code.on : code.off);
    }
  }
  if (!(from.foreground == to.foreground)) {
    parameters.add_color(to.foreground, 30);
  }
  if (!(from.background == to.background)) {
    parameters.add_color(to.background, 40);
  }
  return parameters;
}

void put_sequence(std::string_view parameters, DiffBuffer& out) {
  out.put("\033[");
  out.put(parameters);
  out.put('m');
}

}  // namespace

void write_rendition_change(const Rendition& from, const Rendition& to, DiffBuffer& out) {
  if (from == to) {
    return;
  }
  if (to == Rendition{}) {
    put_sequence({}, out);  // an absent parameter is 0 (terminal 3.4)
    return;
  }
  const Parameters only = difference(from, to);
  const Parameters all = complete(to);
  put_sequence(only.size() < all.size() ? only.text() : all.text(), out);
}

void write_rendition(const Rendition& to, DiffBuffer& out) { put_sequence(complete(to).text(), out); }

}  // namespace sallyport::terminal
