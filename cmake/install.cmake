# Where everything goes: cmake --install, and the Debian package by it (debian/rules). The units name
# /usr/sbin and /etc, so the prefix is meant to be /usr; the manual pages have rules of their own in src/manual.
include(GNUInstallDirs)
pkg_check_modules(LIBCRYPTO REQUIRED libcrypto)
pkg_get_variable(ossl_prefix libcrypto prefix)
pkg_get_variable(ossl_modules libcrypto modulesdir) # where the openssl command looks for providers
cmake_path(RELATIVE_PATH ossl_modules BASE_DIRECTORY ${ossl_prefix})
set(examples ${CMAKE_INSTALL_DOCDIR}/examples)

install(TARGETS shepd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS shepctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS kzgost_module LIBRARY DESTINATION ${ossl_modules})

file(GLOB units CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/etc/systemd/*)
install(FILES ${units} DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/etc/sysusers.d/shepd.conf DESTINATION lib/sysusers.d)
install(FILES ${CMAKE_SOURCE_DIR}/etc/tmpfiles.d/shepd.conf DESTINATION lib/tmpfiles.d)
install(FILES ${CMAKE_SOURCE_DIR}/etc/trust/known-roots DESTINATION ${CMAKE_INSTALL_DATADIR}/${PROJECT_NAME})

# Whatever else lies in etc/ is an example: payloads, monitoring, proxies, the host's own records.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/etc/ DESTINATION ${examples}
  REGEX "/etc/(systemd|sysusers.d|tmpfiles.d|trust|schema)$" EXCLUDE
  PATTERN examples EXCLUDE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/etc/examples/ DESTINATION ${examples}/payloads)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/wsdl DESTINATION ${examples})

file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
install(FILES ${pages} ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/src/crypto/gost/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME kzgost.md)
