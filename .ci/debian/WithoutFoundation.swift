// Takes the place of ArgumentParser's Utilities/Foundation.swift in the packages: the same without Foundation, which would
// make a third of the binary for two functions.

extension Error {
  func describe() -> String { String(describing: self) }
}

/// Writes what describes a command: values that hold texts, numbers, booleans and one another.
enum JSONEncoder {
  static func encode<T: Encodable>(_ value: T) -> String { text(of: value) ?? "{}" }

  /// Nil for what is not there.
  private static func text(of value: Any) -> String? {
    switch value {
    case let text as String: return quoted(text)
    case is Bool, is Int: return "\(value)"
    case let texts as [String: String]: return object(texts.map { ($0, quoted($1)) })
    case let named as any RawRepresentable: return text(of: named.rawValue)
    default: return text(ofParts: Mirror(reflecting: value), "\(value)")
    }
  }

  private static func text(ofParts parts: Mirror, _ name: String) -> String? {
    switch parts.displayStyle {
    case .optional: return parts.children.first.flatMap { text(of: $0.value) }
    case .collection: return "[" + parts.children.compactMap { text(of: $0.value) }.joined(separator: ",") + "]"
    case .enum where parts.children.isEmpty: return object([(name, "{}")])
    default: return object(parts.children.compactMap { part in text(of: part.value).map { (part.label ?? "", $0) } })
    }
  }

  private static func object(_ members: [(key: String, text: String)]) -> String {
    let sorted = members.sorted { $0.key < $1.key }
    return "{" + sorted.map { "\(quoted($0.key)):\($0.text)" }.joined(separator: ",") + "}"
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case " "...: quoted.unicodeScalars.append(scalar)
      default: quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      }
    }
    return quoted + "\""
  }
}
