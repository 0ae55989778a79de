import FleetModel

/// What it takes to read rows again, made once and good for one row after the other. Confined to one thread at a time.
final class RowDesk {
    var parser: CSVParser
    var cells: RowCells
    var reader: RowReader
    var meanings = MemberMeanings()
    var buffer = CellBuffer()
    var window = TextWindow()

    init(for catalog: RowCatalog) {
        parser = CSVParser(delimiter: catalog.shape.delimiter)
        cells = catalog.map.map { RowCells($0) } ?? RowCells()
        reader = RowReader(catalog.settings, catalog.secrets)
    }
}
