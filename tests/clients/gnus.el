;; What tests/clients/gnus.t has Gnus do, as a person would by keys; says what it sees.
(setq user-full-name "Bea Königová"
      user-mail-address "bea.tijguzvqf4z7h5v2@hearsay.invalid"
      gnus-select-method
      `(nntp "127.0.0.1" (nntp-port-number ,(string-to-number (getenv "PORT"))))
      gnus-visible-headers "^From:\\|^Subject:\\|^Hearsay-Trust:"
      mm-coding-system-priorities '(us-ascii utf-8)
      gnus-use-scoring t
      gnus-message-archive-method nil
      gnus-message-archive-group nil
      gnus-use-dribble-file nil
      gnus-expert-user t
      gnus-novice-user nil
      gnus-interactive-exit nil
      gnus-message-highlight-citation nil
      message-confirm-send nil
      message-auto-save-directory nil)
(require 'gnus)
(require 'gnus-msg)
(require 'gnus-sum)

(defun say (what text)
  (dolist (line (split-string text "\n" t))
    (princ (encode-coding-string (format "%s %s\n" what line) 'utf-8))))
(defun text-of (buffer)
  (with-current-buffer buffer (buffer-substring-no-properties (point-min) (point-max))))
(defun enter () (gnus-group-read-group t t "talk.test") (set-buffer gnus-summary-buffer))
(defun send-it ()
  (let ((b (current-buffer))) (message-send) (set-buffer-modified-p nil) (kill-buffer b))
  (set-buffer gnus-summary-buffer))
(defun new-one (subject text)
  (gnus-summary-post-news)
  (set-buffer (car (message-buffers)))
  (message-goto-subject) (insert subject)
  (message-goto-body) (insert text "\n")
  (send-it))

(gnus)
(mapc #'gnus-subscribe-group '("talk.test" "talk.other"))
(say "groups" (mapconcat #'identity (sort (hash-table-keys gnus-active-hashtb) #'string<) " "))
(enter)
(say "summary" (text-of gnus-summary-buffer))
(dolist (n '(1 2)) (say "score" (format "%s %s" n (gnus-summary-article-score n))))
(gnus-summary-goto-subject 1)
(gnus-summary-display-article 1)
(say "article" (text-of gnus-article-buffer))
(gnus-summary-followup-with-original nil)
(set-buffer (car (message-buffers)))
(goto-char (point-max))
(insert "Łódź 2\n")
(send-it)
(new-one "Über neue Wege" "Łódź 1")
(new-one "Wird gelöscht" "Łódź 3")
(gnus-summary-exit)
(gnus-activate-group "talk.test" 'scan)
(enter)
(fset 'yes-or-no-p (lambda (_) t))
(dolist (n gnus-newsgroup-articles)
  (when (string-match "Wird" (gnus-summary-article-subject n))
    (gnus-summary-goto-subject n)
    (gnus-summary-display-article n)
    (say "cancelled" (format "%s %s" n (gnus-summary-article-subject n)))
    (gnus-summary-cancel-article 1)))
