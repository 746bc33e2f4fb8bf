# embed.cmake: writes the files INPUTS (in order) into the C++ source OUTPUT as raw strings behind FUNCTION (namespace::name).
# Run by: cmake -DOUTPUT=… -DHEADER=… -DNAMESPACE=… -DFUNCTION=… "-DINPUTS=a;b" -P embed.cmake
set(body "")
foreach(file ${INPUTS})
    file(READ ${file} text)
    string(APPEND body "        R\"__embed__(${text})__embed__\",\n")
endforeach()
file(WRITE ${OUTPUT}.new "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\nstd::vector<std::string_view> ${FUNCTION}()\n{\n    return {\n${body}    };\n}\n\n}  // namespace ${NAMESPACE}\n")
execute_process(COMMAND ${CMAKE_COMMAND} -E copy_if_different ${OUTPUT}.new ${OUTPUT})
