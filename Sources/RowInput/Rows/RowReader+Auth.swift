import JSONText
import FleetModel

/// The credentials of the DNS provider, in whichever of their three forms they come.
extension RowReader {
    mutating func readAuth(_ cells: borrowing RowCells) -> [AuthInfo]? {
        let list = cells[.authInfoList]
        let object = cells[.authObject]
        if (cells.auth.isEmpty ? 0 : 1) + (list == nil ? 0 : 1) + (object == nil ? 0 : 1) > 1 {
            let message = "the credentials of the DNS provider are given twice: either 'auth.KEY' or 'auth_info_list'"
            add(Flaw(.authGivenTwice, message), nil)
        }
        if !cells.auth.isEmpty { return readAuthCells(cells) }
        if let list { return readAuthValue(list, isObject: false, cells) }
        if let object { return readAuthValue(object, isObject: true, cells) }
        return nil
    }

    private mutating func readAuthCells(_ cells: borrowing RowCells) -> [AuthInfo] {
        let reader = AuthReader(secrets: secrets)
        var items: [AuthInfo] = []
        var keys: Set<[UInt8]> = []
        for entry in cells.auth {
            let item = value(of: entry.cell, cells) { _ throws(Flaw) in
                guard keys.insert(Array(entry.key.utf8)).inserted else {
                    throw Flaw(.authKeyRepeated, "the key stands twice in this row")
                }
                return AuthInfo(key: entry.key, value: try reader.value(entry))
            }
            if let item { items.append(item) }
            let isDoubtful = entry.type == .string && entry.cell.kind == .text
            if isDoubtful, AuthReader.isNumber(entry.cell.bytes, of: entry.key) {
                let message =
                    "a number is sent as a text: name the column 'auth.\(entry.key):int' to send it as a number"
                add(Flaw(.authNumberAsText, message), cells.names[entry.cell.column], severity: .warning)
            }
        }
        return items
    }

    /// Reads `auth_info_list`, or the object `auth` of JSON lines.
    private mutating func readAuthValue(
        _ cell: RowCells.Cell, isObject: Bool, _ cells: borrowing RowCells
    ) -> [AuthInfo]? {
        var reader = AuthReader(secrets: secrets)
        let items = value(of: cell, cells) { cell throws(Flaw) in
            try cells.isCSV
                ? reader.list(in: cell.bytes) : reader.list(cells.values[cell.column], isObject: isObject)
        }
        for flaw in reader.doubts { add(flaw, cells.names[cell.column], severity: .warning) }
        return items
    }
}
