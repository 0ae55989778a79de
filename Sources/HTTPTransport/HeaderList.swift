import Platform
import CLibCurl

/// A libcurl list of header lines; must outlive the requests that use it.
struct HeaderList: ~Copyable {
    let pointer: UnsafeMutablePointer<curl_slist>?

    /// - Throws: ``ToolError/curlUnusable`` when there is no memory.
    init(_ lines: [String]) throws(ToolError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw .curlUnusable
            }
            list = longer
        }
        pointer = list
    }

    deinit {
        curl_slist_free_all(pointer)
    }
}
